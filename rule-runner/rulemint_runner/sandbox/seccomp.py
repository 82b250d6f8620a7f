"""The system calls that a host may make (seccomp(2)): an allow-list; everything else fails with EPERM.

There is no socket, no connect, no fork, no signal to another process and no question about one, no page that is both
written and executed. Only a policy that says so may open TCP connections, ask DNS, or change files, and none may open a
port. Calls that would go around the filter (io_uring, clone3, openat2) fail with ENOSYS, so that libraries fall back.
The filter is assembled here from names: checks of arguments (`checked_calls`), a table, and a default.

The kernel remembers which calls are allowed with all arguments, and does not run the filter for them. The calls that
the filter must look at come first.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

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

_ALLOWED_GROUPS = (
    # Frames come and go through descriptors 0 and 1; files of the interpreter are read. Landlock decides which files.
    "read write readv writev pread64 pwrite64 close close_range",
    # An interpreter asks for kind and size of a file before it reads it. Landlock does not deny this: without a root of
    # their own (`new_root`), hosts see the sizes and times of files that they cannot open.
    "fstat newfstatat statx stat lstat lseek",
    # Both engines give memory back and move it. Getting memory is checked: see `mmap` and `mprotect`.
    "munmap mremap brk",
    # Both engines handle signals of their own: a full stack, a time limit, a fault. To send one is checked: see `kill`.
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait sigaltstack",
    # An interpreter looks for its modules and libraries in several folders. Landlock decides which of them open.
    "access faccessat faccessat2 open openat readlink readlinkat getdents64 getcwd",
    # The event loops of both engines copy descriptors and wait for them. None of these makes one that leads out.
    "dup dup2 dup3 pipe eventfd2 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll",
    "select pselect6 sched_yield",
    # A process may know itself: its numbers, its user, what it used. It has no rights that these could tell of.
    "getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getpgrp getgroups getrusage times",
    # Rules sleep and ask the time. Clocks of other processes are checked: see `clock_gettime`.
    "nanosleep gettimeofday time timerfd_create timerfd_settime timerfd_gettime",
    # Secrets, ids and hash seeds need random bytes.
    "getrandom",
    # Both engines size their heaps and threads by the machine. To change a limit is checked: see `prlimit64`.
    "uname sysinfo getrlimit",
    # The C library registers each thread with these, and ends it. The kernel itself restarts a call that was stopped.
    "set_tid_address set_robust_list rseq restart_syscall exit exit_group",
    # A host shuts one direction of each socket pair, and asks what a descriptor is. It has no socket to the outside.
    "shutdown getsockname getpeername",
    # Engines ask for the file system of a path they load from, and for the processor they run on.
    "statfs fstatfs getcpu",
    # V8 guards its code pages with protection keys.
    "pkey_alloc pkey_free",
    # Python offers alarms and interval timers to a rule. They signal their own process only.
    "setitimer getitimer alarm pause",
    # The launcher becomes the interpreter when the filter holds already. Landlock decides what may be executed.
    "execve",
)
_ALLOWED = tuple(" ".join(_ALLOWED_GROUPS).split())
_MISSING = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "openat2")
"""Answered with ENOSYS, as an older kernel would, because their arguments lie in memory that a filter cannot read."""
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
    allowed, missing = (*numbers_of(_ALLOWED, machine), *also), numbers_of(_MISSING, machine)
    for numbers, answer in ((allowed, allow()), (missing, fail(errno.ENOSYS))):
        for number in numbers:
            program += [(JUMP_EQUAL, 0, 1, number), *answer]
    return [*program, *fail()]


def _calls_of_an_installation(policy: SandboxPolicy) -> tuple[int, ...]:
    tables = ((policy.may_change_files, FILE_CHANGES), (policy.may_serve, SERVING))
    return tuple(number for may, table in tables if may for number in numbers_in(table))
