"""Leave a process an unprivileged user's rights, without capabilities, for good (capabilities(7), prctl(2))."""

from __future__ import annotations

import ctypes
import os

_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS = 24, 28, 38
_PR_CAP_AMBIENT, _CLEAR_ALL = 47, 4
_NO_ROOT_LOCKED = 0b11
_CAPABILITY_VERSION_3 = 0x20080522
_HIGHEST_CAPABILITY = 63
_EINVAL = 22

_libc = ctypes.CDLL(None, use_errno=True)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def allow_no_new_privileges() -> None:
    """No set-user-id program can give this process or its children anything."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def become_nobody(user: int | None) -> None:
    """As root: become *user* (None: stay root) and lose every capability, for good. As anyone else: nothing to do."""
    if os.geteuid() == 0:
        lose_capabilities(user)


def lose_capabilities(user: int | None = None) -> None:
    """Lose every capability, for good; on the way become *user*, if one is given."""
    _drop_bounding_set()
    _prctl(_PR_SET_SECUREBITS, _NO_ROOT_LOCKED)
    _libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)  # a kernel that has no ambient set has nothing to clear
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _clear_capabilities()


def _drop_bounding_set() -> None:
    for capability in range(_HIGHEST_CAPABILITY + 1):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            if ctypes.get_errno() == _EINVAL:
                return  # the kernel knows no more of them
            raise _error("drop a capability")


def _clear_capabilities() -> None:
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(ctypes.byref(header), ctypes.byref(nothing)) != 0:
        raise _error("clear the capabilities")


def _prctl(option: int, argument: int) -> None:
    if _libc.prctl(option, argument, 0, 0, 0) != 0:
        raise _error(f"prctl({option})")


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
