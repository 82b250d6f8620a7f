"""Pieces of seccomp filters: a call's arguments compared with what they may be.

A piece either ends the call with an answer or goes on to the piece behind it. The kernel's own types decide how much of
an argument counts: most commands and numbers are 32 bits wide, and the kernel drops the upper half as we do.
"""

from __future__ import annotations

import errno

LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
NUMBER_AT, ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_WHOLE = 0xFFFFFFFF

Instructions = list[tuple[int, int, int, int]]
"""(code, jump if true, jump if false, constant), as linux/filter.h has them."""


def allow() -> Instructions:
    """Let the kernel do it."""
    return [(RETURN, 0, 0, _ALLOW)]


def kill() -> Instructions:
    """End the process."""
    return [(RETURN, 0, 0, _KILL)]


def fail(number: int = errno.EPERM) -> Instructions:
    """Answer with an error; with 0, claim to have done it."""
    return [(RETURN, 0, 0, _ERRNO | number)]


def one_of(argument: int, values: tuple[int, ...], *, mask: int = _WHOLE, error: int = errno.EPERM) -> Instructions:
    """Go on if the lower half of an argument, without what is not in *mask*, is one of *values*."""
    compared = [(JUMP_EQUAL, len(values) - index, 0, value & _WHOLE) for index, value in enumerate(values)]
    return [_lower_half(argument), *_masked(mask), *compared, *fail(error)]


def none_of(argument: int, bits: int) -> Instructions:
    """Go on if none of *bits* is set in the lower half of an argument."""
    return [_lower_half(argument), (JUMP_SET, 0, 1, bits), *fail()]


def all_of(argument: int, bits: int, *, error: int = errno.EPERM) -> Instructions:
    """Go on if all of *bits* are set in the lower half of an argument."""
    return one_of(argument, (bits,), mask=bits, error=error)


def below(argument: int, bound: int, *, error: int = errno.EPERM) -> Instructions:
    """Go on if the lower half of an argument is less than *bound*; a negative number is a very large one."""
    return [_lower_half(argument), (JUMP_AT_LEAST, 0, 1, bound), *fail(error)]


def null(argument: int) -> Instructions:
    """Go on if an argument is a null pointer: both of its halves are zero."""
    upper_half = (LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument + 4)
    return [_lower_half(argument), (JUMP_EQUAL, 0, 2, 0), upper_half, (JUMP_EQUAL, 1, 0, 0), *fail()]


def where(argument: int, value: int, checks: Instructions, *, mask: int = _WHOLE) -> Instructions:
    """Do *checks* if the lower half of an argument, without what is not in *mask*, is *value*; else skip them."""
    return [_lower_half(argument), *_masked(mask), (JUMP_EQUAL, 0, len(checks), value), *checks]


def _masked(mask: int) -> Instructions:
    return [] if mask == _WHOLE else [(AND, 0, 0, mask)]


def _lower_half(argument: int) -> tuple[int, int, int, int]:
    """Both machines that we run on are little-endian."""
    return (LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument)
