"""What a process can never get back (prctl(2), PR_SET_NO_NEW_PRIVS)."""

from __future__ import annotations

import ctypes
import os

_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def allow_no_new_privileges() -> None:
    """No set-user-id program can give this process or its children anything."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
