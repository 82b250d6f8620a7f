"""The system calls that a host may make (seccomp(2)): an allow-list; everything else fails with EPERM.

There is no socket, no connect, no fork, no signal to another process, no page that is both written and executed; only
a policy that says so may open TCP connections and ask DNS, and none may listen. Calls that would go around the filter
(io_uring, clone3, openat2) fail with ENOSYS, so that libraries fall back to the ones that are checked. The filter is
assembled here from names: a table, checks of arguments, and a default.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH, numbers_of

_ALLOWED = tuple(
    """
    read write readv writev pread64 pwrite64 close close_range fstat newfstatat statx stat lstat lseek munmap mremap
    madvise brk rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait sigaltstack access faccessat faccessat2 open
    openat readlink readlinkat getdents64 getcwd fcntl dup dup2 dup3 pipe pipe2 eventfd2 epoll_create epoll_create1
    epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 futex futex_waitv sched_yield
    sched_getaffinity sched_getparam sched_getscheduler getpid gettid getppid getuid geteuid getgid getegid getresuid
    getresgid getpgid getpgrp getsid getgroups getrusage times clock_gettime clock_getres clock_nanosleep nanosleep
    gettimeofday time timerfd_create timerfd_settime timerfd_gettime getrandom uname sysinfo getrlimit set_tid_address
    set_robust_list get_robust_list rseq membarrier restart_syscall exit exit_group arch_prctl recvfrom recvmsg sendmsg
    shutdown getsockopt getsockname getpeername mincore fadvise64 statfs fstatfs wait4 getcpu pkey_alloc pkey_free
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete setitimer getitimer alarm pause execve
    """.split()  # noqa: SIM905  # reads better than a hundred quoted words
)
_MISSING = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "openat2")
"""Answered with ENOSYS, as an older kernel would."""

_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_X32_BIT = 0x40000000

_PROT_EXEC, _MAP_SHARED, _MAP_ANONYMOUS = 0x4, 0x1, 0x20
_CLONE_THREAD = 0x10000
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF
_AF_INET, _AF_INET6, _SOCK_DGRAM = 2, 10, 2
_TCP, _UDP = 6, 17
_SOCKET_OPTIONS = {
    1: (2, 7, 8, 9, 13),  # SOL_SOCKET: reuse address, buffers, keep alive, linger
    _TCP: (1, 3, 4, 5, 6, 12),  # no delay, cork, keep-alive's times, quick acknowledgement
    0: (11,),  # IP: errors of ICMP, which the resolver wants to hear of
    41: (25, 26),  # IPv6: the same, and IPv6 only
}
"""By level, what a client needs."""
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_PRCTL_OPTIONS = (3, 15, 16, 23, 38, 39, 0x53564D41)
"""Read dumpable, set and get the thread's name, read the bounding set, (read) no new privileges, name memory."""

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


Instructions = list[tuple[int, int, int, int]]
"""(code, jump if true, jump if false, constant), as linux/filter.h has them."""


def filter_calls(policy: SandboxPolicy) -> None:
    """Allow the calling process only what *policy*'s language needs, for good.

    Raises:
        OSError: the kernel has no seccomp filters, or refuses.
    """
    code = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in assemble(
            may_start_threads=policy.may_start_threads, may_connect=policy.may_connect, pid=os.getpid()
        )
    )
    program = _Program(len(code) // 8, code)
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def assemble(
    *, may_start_threads: bool, pid: int, may_connect: bool = False, machine: str | None = None
) -> Instructions:
    """The filter's program for *machine* (this one by default), for the process *pid*."""
    machine = machine or platform.machine()
    program: Instructions = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if machine == "x86_64":
        program += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    for names, answer in ((_ALLOWED, _ALLOW), (_MISSING, _fail(errno.ENOSYS))):
        for number in numbers_of(names, machine):
            program += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, answer)]
    checked = _checked_calls(may_start_threads=may_start_threads, pid=pid)
    for name, checks in (checked | (_calls_of_a_client() if may_connect else {})).items():
        for number in numbers_of((name,), machine):
            program += [(_JUMP_EQUAL, 0, len(checks), number), *checks]
    program.append((_RETURN, 0, 0, _fail(errno.EPERM)))
    return program


def _checked_calls(*, may_start_threads: bool, pid: int) -> dict[str, Instructions]:
    """The calls that are allowed with some arguments only; each list ends with a return on every path."""
    no_exec = [*_if_bits(2, _PROT_EXEC, _fail(errno.EPERM)), (_RETURN, 0, 0, _ALLOW)]
    anonymous_exec = [
        (_LOAD, 0, 0, _argument(3)),
        (_JUMP_SET, 0, 3, _MAP_ANONYMOUS),
        (_LOAD, 0, 0, _argument(2)),
        (_JUMP_SET, 0, 1, _PROT_EXEC),
        (_RETURN, 0, 0, _fail(errno.EPERM)),
    ]
    shared_anonymous = [
        (_LOAD, 0, 0, _argument(3)),
        (_AND, 0, 0, _MAP_SHARED | _MAP_ANONYMOUS),
        (_JUMP_EQUAL, 0, 1, _MAP_SHARED | _MAP_ANONYMOUS),
        (_RETURN, 0, 0, _fail(errno.ENOMEM)),
    ]
    threads: Instructions = [
        (_LOAD, 0, 0, _argument(0)),
        (_JUMP_SET, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _fail(errno.EAGAIN)),
    ]
    own_process = _only(0, (pid,)) if may_start_threads else [(_RETURN, 0, 0, _fail(errno.EPERM))]
    return {
        "mmap": [*anonymous_exec, *shared_anonymous, (_RETURN, 0, 0, _ALLOW)],
        "mprotect": no_exec,
        "pkey_mprotect": no_exec,
        "clone": threads if may_start_threads else [(_RETURN, 0, 0, _fail(errno.EAGAIN))],
        "socketpair": [
            (_LOAD, 0, 0, _argument(0)),
            (_JUMP_EQUAL, 0, 4, _AF_UNIX),
            (_LOAD, 0, 0, _argument(1)),
            (_AND, 0, 0, _SOCK_TYPE_MASK),
            (_JUMP_EQUAL, 0, 1, _SOCK_STREAM),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _fail(errno.EPERM)),
        ],
        "sendto": _only_null(4),
        "prlimit64": _only_null(2),
        "ioctl": [
            (_LOAD, 0, 0, _argument(1)),
            (_JUMP_EQUAL, 1, 0, _TIOCSTI),
            (_JUMP_EQUAL, 0, 1, _TIOCLINUX),
            (_RETURN, 0, 0, _fail(errno.EPERM)),
            (_RETURN, 0, 0, _ALLOW),
        ],
        "prctl": _only(0, _PRCTL_OPTIONS),
        "kill": own_process,
        "tgkill": own_process,
    }


def _calls_of_a_client() -> dict[str, Instructions]:
    """What TCP connections and the C library's resolver need. Whom it connects to, a filter cannot see."""
    options: Instructions = []
    for level, names in _SOCKET_OPTIONS.items():
        of_level = [*_go_on_if(2, names), (_RETURN, 0, 0, _ALLOW)]
        options += [(_LOAD, 0, 0, _argument(1)), (_JUMP_EQUAL, 0, len(of_level), level), *of_level]
    return {
        "socket": [
            *_go_on_if(0, (_AF_INET, _AF_INET6)),
            *_go_on_if(1, (_SOCK_STREAM, _SOCK_DGRAM), mask=_SOCK_TYPE_MASK),
            *_go_on_if(2, (0, _TCP, _UDP)),
            (_RETURN, 0, 0, _ALLOW),
        ],
        "connect": [(_RETURN, 0, 0, _ALLOW)],
        "setsockopt": [*options, (_RETURN, 0, 0, _fail(errno.EPERM))],
        "sendmmsg": [(_RETURN, 0, 0, _ALLOW)],
    }


def _only(argument: int, values: tuple[int, ...]) -> Instructions:
    """Allow one of *values* as the lower half of an argument."""
    program: Instructions = [(_LOAD, 0, 0, _argument(argument))]
    for value in values:
        program += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*program, (_RETURN, 0, 0, _fail(errno.EPERM))]


def _go_on_if(argument: int, values: tuple[int, ...], *, mask: int = 0xFFFFFFFF) -> Instructions:
    """Deny the call unless the lower half of an argument is one of *values*; what follows may check more."""
    compared = [(_JUMP_EQUAL, len(values) - index, 0, value) for index, value in enumerate(values)]
    return [
        (_LOAD, 0, 0, _argument(argument)),
        (_AND, 0, 0, mask),
        *compared,
        (_RETURN, 0, 0, _fail(errno.EPERM)),
    ]


def _only_null(argument: int) -> Instructions:
    """Allow a null pointer: both halves of the argument are zero."""
    return [
        (_LOAD, 0, 0, _argument(argument)),
        (_JUMP_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, _argument(argument) + 4),
        (_JUMP_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _fail(errno.EPERM)),
    ]


def _if_bits(argument: int, bits: int, answer: int) -> Instructions:
    return [(_LOAD, 0, 0, _argument(argument)), (_JUMP_SET, 0, 1, bits), (_RETURN, 0, 0, answer)]


def _argument(index: int) -> int:
    """Where the lower half of an argument is in what the filter sees (both machines are little-endian)."""
    return _ARGUMENTS_AT + 8 * index


def _fail(number: int) -> int:
    return _ERRNO | number
