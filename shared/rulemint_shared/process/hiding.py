"""A process that holds secrets hides from others of its own user (prctl(2), ``PR_SET_DUMPABLE``)."""

from __future__ import annotations

import ctypes
import os

_PR_SET_DUMPABLE = 4

_libc = ctypes.CDLL(None, use_errno=True)


def hide_from_same_user() -> None:
    """No process of the same user may read this one's memory, environment or descriptors, or trace it; nor a core file.

    Raises:
        OSError: the kernel refuses.
    """
    if _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
