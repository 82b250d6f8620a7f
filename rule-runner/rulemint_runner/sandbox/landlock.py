"""Landlock (landlock(7)): which files and TCP ports a process may touch, nothing outside of its own domain.

Each process gets a ruleset of its own, so that no two hosts share a domain: hosts of one domain could open each other's
``/proc/<pid>/fd``. Needs no privilege but "no new privileges".
"""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path

from rulemint_runner.sandbox.policy import SandboxPolicy

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16, 8: 16, 9: 17}
"""The number of file system rights that an ABI knows: all are denied, unless a rule allows one."""
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1
MINIMUM_ABI = 3
"""From here on every right to change a file is covered. TCP is from 4 on, commands for devices from 5 on, abstract
sockets and signals from 6 on: below, seccomp holds them alone."""

_libc = ctypes.CDLL(None, use_errno=True)


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("file_system", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def landlock_abi() -> int:
    """The version of Landlock that this kernel has; 0 if it has none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))))


def usable_abi(newest: int | None) -> int:
    """The kernel's, or *newest* if that is older: a kernel of that age would have no more."""
    return landlock_abi() if newest is None else min(landlock_abi(), newest)


def restrict_files(policy: SandboxPolicy, newest_abi: int | None = None) -> None:
    """Deny the calling process every file, port and foreign process that *policy* does not allow, for good.

    *newest_abi* has an older kernel's Landlock used, to see what the other layers hold then.

    Raises:
        OSError: the kernel has no Landlock, or refuses.
    """
    abi = usable_abi(newest_abi)
    if abi < MINIMUM_ABI:
        raise OSError(f"Landlock ABI {abi} is too old: a kernel of 6.2 or newer with Landlock enabled is needed")
    rights = (1 << _RIGHTS_BY_ABI.get(abi, _RIGHTS_BY_ABI[9])) - 1
    may_connect_anywhere = policy.may_connect and not policy.connect_ports
    denied_tcp = _BIND_TCP if may_connect_anywhere else _BIND_TCP | _CONNECT_TCP
    scoped = _ABSTRACT_SOCKETS if policy.ends_children else _ABSTRACT_SOCKETS | _SIGNALS
    attributes = _RulesetAttributes(rights, denied_tcp if abi >= 4 else 0, scoped if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0))
    for paths, allowed in (
        (policy.executable_files, _EXECUTE | _READ_FILE),
        (policy.readable_files, _READ_FILE),
        (policy.readable_folders, _READ_FILE | _READ_DIR),
        (policy.writable_devices, _READ_FILE | _WRITE_FILE),
        (policy.own_folders, rights & ~_EXECUTE),
    ):
        for path in paths:
            _allow(ruleset, path, allowed)
    if abi >= 4:
        for port in policy.connect_ports:
            port_rule = _NetPort(_CONNECT_TCP, port)
            _checked(_libc.syscall(_ADD_RULE, ruleset, _RULE_NET_PORT, ctypes.byref(port_rule), 0))
    _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, allowed: int) -> None:
    """Allow what is at *path*; a path that is not there allows nothing."""
    if not Path(path).exists():
        return
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        allowed &= ~_READ_DIR
    rule = _PathBeneath(allowed, descriptor)
    _checked(_libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0))
    os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {os.strerror(number)}")
    return int(result)
