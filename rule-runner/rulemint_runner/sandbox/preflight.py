"""What this machine lacks for a sandbox, in plain words."""

from __future__ import annotations

import ctypes
import errno
import platform

from rulemint_runner.sandbox.landlock import MINIMUM_ABI, landlock_abi
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

_libc = ctypes.CDLL(None, use_errno=True)


def missing_layers() -> list[str]:
    """One line for each layer that this machine cannot give, with what would mend it; empty if all are there."""
    missing = []
    if platform.machine() not in AUDIT_ARCH:
        missing.append(f"seccomp: no system call table for {platform.machine()}; use x86_64 or aarch64")
    if not _has_seccomp_filters():
        missing.append("seccomp: the kernel has no filters; use one with CONFIG_SECCOMP_FILTER")
    abi = landlock_abi()
    if abi < MINIMUM_ABI:
        missing.append(
            f"Landlock: ABI {abi}, {MINIMUM_ABI} is needed; use Linux 6.2 or newer with landlock among its LSMs "
            "(lsm=landlock,…), and a container engine that lets its calls through (Docker 20.10.24 or newer)"
        )
    return missing


def _has_seccomp_filters() -> bool:
    """A filter at a null address is refused for its address only where there are filters."""
    return _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, None, 0, 0) != 0 and ctypes.get_errno() == errno.EFAULT
