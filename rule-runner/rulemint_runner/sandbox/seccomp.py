"""The filter of system calls (seccomp(2)): what is not allowed fails with EPERM.

It is assembled here from names: checks of arguments (`checked_calls`), the calls that are always allowed
(`allowed_calls`), and a default. A policy may add calls of a client, or those of an installation (`installing_calls`).

The kernel remembers which calls are allowed with all arguments, and does not run the filter for them. The calls that
the filter must look at come first.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from rulemint_runner.sandbox.allowed_calls import ALLOWED, MISSING
from rulemint_runner.sandbox.bpf import (
    ARCH_AT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    LOAD,
    NUMBER_AT,
    Instructions,
    allow,
    fail,
    kill,
)
from rulemint_runner.sandbox.checked_calls import calls_of_a_client, checked_calls
from rulemint_runner.sandbox.installing_calls import FILE_CHANGES, SERVING, numbers_in
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH, numbers_of

_X32_BIT = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def filter_calls(policy: SandboxPolicy) -> None:
    """Allow the calling process only what *policy*'s language needs, for good.

    Raises:
        OSError: the kernel has no seccomp filters, or refuses.
    """
    code = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in assemble(
            may_start_threads=policy.may_start_threads,
            may_connect=policy.may_connect,
            only_streams=policy.only_streams,
            also=_calls_of_an_installation(policy),
            pid=os.getpid(),
        )
    )
    program = _Program(len(code) // 8, code)
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def assemble(
    *,
    may_start_threads: bool,
    pid: int,
    may_connect: bool = False,
    only_streams: bool = False,
    also: tuple[int, ...] = (),
    machine: str | None = None,
) -> Instructions:
    """The filter's program for *machine* (this one by default), for the process *pid*; *also*: further calls."""
    machine = machine or platform.machine()
    program: Instructions = [
        (LOAD, 0, 0, ARCH_AT),
        (JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        *kill(),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if machine == "x86_64":
        program += [(JUMP_AT_LEAST, 0, 1, _X32_BIT), *kill()]
    checked = checked_calls(may_start_threads=may_start_threads, pid=pid)
    for name, checks in (checked | (calls_of_a_client(only_streams=only_streams) if may_connect else {})).items():
        for number in numbers_of((name,), machine):
            program += [(JUMP_EQUAL, 0, len(checks), number), *checks]
    allowed, missing = (*numbers_of(ALLOWED, machine), *also), numbers_of(MISSING, machine)
    for numbers, answer in ((allowed, allow()), (missing, fail(errno.ENOSYS))):
        for number in numbers:
            program += [(JUMP_EQUAL, 0, 1, number), *answer]
    return [*program, *fail()]


def _calls_of_an_installation(policy: SandboxPolicy) -> tuple[int, ...]:
    tables = ((policy.may_change_files, FILE_CHANGES), (policy.may_serve, SERVING))
    return tuple(number for may, table in tables if may for number in numbers_in(table))
