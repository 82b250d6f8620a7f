"""Find the layers of the sandbox that this machine gives, and say what would mend those that it does not."""

from __future__ import annotations

import ctypes
import errno
import platform
from collections.abc import Sequence
from enum import StrEnum

from rulemint_runner.sandbox.landlock import MINIMUM_ABI, landlock_abi, usable_abi
from rulemint_runner.sandbox.namespaces import Tried
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH
from rulemint_shared.contract.sandbox_report import Layer, LayerState

_PR_GET_DUMPABLE, _PR_SET_SECCOMP, _MODE_FILTER = 3, 22, 2

_libc = ctypes.CDLL(None, use_errno=True)


class KernelLayer(StrEnum):
    """A layer that some kernels do not have, and that no host is without unless an operator insists."""

    SECCOMP = "seccomp"
    LANDLOCK = "Landlock"


def missing_kernel_layers() -> tuple[KernelLayer, ...]:
    """Those that this machine's kernel does not give."""
    layers = (_seccomp(), _landlock())
    return tuple(KernelLayer(layer.name) for layer in layers if layer.state is LayerState.MISSING)


def layers_of(tried: Sequence[Tried], newest_abi: int | None = None) -> list[Layer]:
    """Every layer, as this process and its spawner, which has *tried* to set hosts apart, find it.

    *newest_abi* is Landlock's that hosts are started with, where that is not the kernel's own.
    """
    return [_seccomp(), _landlock(newest_abi), _runner_s_own_memory(), *map(_apart, tried)]


def _seccomp() -> Layer:
    if platform.machine() not in AUDIT_ARCH:
        return _missing(KernelLayer.SECCOMP, f"no system call table for {platform.machine()}", "use x86_64 or aarch64")
    if not _has_seccomp_filters():
        return _missing(KernelLayer.SECCOMP, "the kernel has no filters", "use a kernel with CONFIG_SECCOMP_FILTER")
    return _enforced(KernelLayer.SECCOMP, f"an allow-list for {platform.machine()}")


def _landlock(newest_abi: int | None = None) -> Layer:
    abi = usable_abi(newest_abi)
    if abi < MINIMUM_ABI:
        return _missing(
            KernelLayer.LANDLOCK,
            f"ABI {abi}, {MINIMUM_ABI} is needed",
            "use Linux 6.2 or newer with landlock among its LSMs (lsm=landlock,…), and a container engine that lets "
            "its calls through (Docker 20.10.24 or newer)",
        )
    lowered = "" if abi == landlock_abi() else f", lowered from {landlock_abi()}"
    return _enforced(KernelLayer.LANDLOCK, f"ABI {abi}{lowered}")


def _runner_s_own_memory() -> Layer:
    name = "the runner's own memory"
    if _libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        return _missing(name, "a process of its user can read it", "use a kernel that obeys PR_SET_DUMPABLE")
    return _enforced(name, "no process of its user can read or trace it")


def _apart(tried: Tried) -> Layer:
    if tried.refused is not None:
        return Layer(name=tried.what, state=LayerState.UNAVAILABLE, required=False, detail=tried.refused)
    return Layer(name=tried.what, state=LayerState.ENFORCED, required=False)


def _enforced(name: str, detail: str) -> Layer:
    return Layer(name=name, state=LayerState.ENFORCED, required=True, detail=detail)


def _missing(name: str, detail: str, fix: str) -> Layer:
    return Layer(name=name, state=LayerState.MISSING, required=True, detail=detail, fix=fix)


def _has_seccomp_filters() -> bool:
    """A filter at a null address is refused for its address only where there are filters."""
    return _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, None, 0, 0) != 0 and ctypes.get_errno() == errno.EFAULT
