"""The system calls that are allowed with some arguments only.

Two kinds of argument are denied. The first names another process: to signal it, to trace it, or to learn of it.
Landlock denies signals from Linux 6.12 on, and questions never, so this filter holds alone. The second is what an
interpreter does not need: memory that is written and executed, threads that share less, commands for devices.

Of `fcntl` and `ioctl` there is a list of what is allowed: the kernel has hundreds of commands, and gets more.
"""

from __future__ import annotations

import errno

from rulemint_runner.sandbox.bpf import Instructions, all_of, allow, below, fail, none_of, null, one_of, where

_WHOLE = 0xFFFFFFFF
_EXECUTE, _WRITE = 0x4, 0x2
_SHARED, _ANONYMOUS = 0x1, 0x20
_ADVICE = (0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)
"""Of how pages are used; not to merge them with equal ones of others, not to break them."""

_SET_FLAGS, _ASYNC = 4, 0x2000
_FCNTL = (0, 1, 2, 3, _SET_FLAGS, 1030)
"""Copy a descriptor, read and set its flags. Not who gets its signals, no lease, no lock, no watching of folders."""
_IOCTL = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Questions about a terminal and its size, how much can be read, not to block, and whether it outlives exec."""

_FUTEX_FLAGS = 0x180
_FUTEX = (0, 1, 3, 4, 5, 9, 10)
"""Wait, wake, move waiters. Not those that hand priority on: they name the thread that holds the lock, anybody's."""
_CLOCKS = 16
"""The machine's and one's own. Beyond are those of any process, whose number is within the clock's."""
_MEMBARRIER = (0, 8, 16, 32, 64)
"""Among one's own threads."""
_ARCH_SET_FS = 0x1002
_PRCTL = (3, 15, 16, 23, 38, 39, 0x53564D41)
"""Read dumpable, set and get the thread's name, read the bounding set, (read) no new privileges, name memory."""

_THREAD = 0x10000
_OF_A_THREAD = 0x17D0F00
"""The flags with which the C library starts a thread: everything is shared, and nothing is new."""

_PIPE_FLAGS = 0x80800
"""Not to block, and not to outlive exec. Not a pipe of the kernel's own news."""
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_STREAM, _DATAGRAM, _SOCKET_TYPE = 1, 2, 0xF
_OUT_OF_BAND = 0x1
_SOCKET, _TCP, _UDP = 1, 6, 17
_OPTIONS_TO_READ = (2, 3, 4, 7, 8, 9, 13, 30, 38, 39)
"""The kind of a socket, its error and its buffers. Not who is at the other end: that is a process."""
_OPTIONS_TO_SET = {
    _SOCKET: (2, 7, 8, 9, 13),  # reuse address, buffers, keep alive, linger
    _TCP: (1, 3, 4, 5, 6, 12),  # no delay, cork, keep-alive's times, quick acknowledgement
    0: (11,),  # IP: errors of ICMP, which the resolver wants to hear of
    41: (25, 26),  # IPv6: the same, and IPv6 only
}
"""By level, what a client needs."""


def checked_calls(*, may_start_threads: bool, pid: int) -> dict[str, Instructions]:
    """By name, what is looked at; every path ends with an answer. Those that are made most often come first."""
    oneself = (0, pid)
    no_code = [*none_of(2, _EXECUTE), *allow()]
    no_out_of_band = none_of(3, _OUT_OF_BAND)
    return {
        # Threads of both engines wait for each other.
        "futex": [*one_of(1, _FUTEX, mask=~_FUTEX_FLAGS & _WHOLE, error=errno.ENOSYS), *allow()],
        # Rules and engines ask for the time, of the machine or of themselves.
        "clock_gettime": _of_no_process(),
        # A runtime may read and write a socket pair by these instead of by read and write.
        "recvfrom": [*no_out_of_band, *allow()],
        "sendto": [*null(4), *no_out_of_band, *allow()],
        # Memory is got and given back. Code comes from files, so no page becomes executable later.
        "madvise": [*one_of(2, _ADVICE, error=errno.EINVAL), *allow()],
        "mmap": _memory(),
        "mprotect": no_code,
        "pkey_mprotect": no_code,
        # Event loops ask for the state of a descriptor, and set it not to block.
        "fcntl": [*where(1, _SET_FLAGS, none_of(2, _ASYNC)), *one_of(1, _FCNTL), *allow()],
        "ioctl": [*one_of(1, _IOCTL), *allow()],
        # Rules sleep.
        "clock_nanosleep": _of_no_process(),
        "clock_getres": _of_no_process(),
        # Deno has threads; Python gets the error that it knows from a machine that is full.
        "clone": _threads() if may_start_threads else fail(errno.EAGAIN),
        # Engines name their threads, and ask for their own limits, group and processors.
        "prctl": [*one_of(0, _PRCTL), *allow()],
        "prlimit64": [*one_of(0, oneself), *null(2), *allow()],
        "getpgid": [*one_of(0, oneself), *allow()],
        "getsid": [*one_of(0, oneself), *allow()],
        "sched_getaffinity": [*one_of(0, oneself, error=errno.ENOSYS), *allow()],  # the C library does without it
        **_scheduling(oneself, may_start_threads=may_start_threads),
        # Deno signals its own threads.
        **dict.fromkeys(("kill", "tgkill"), [*one_of(0, (pid,)), *allow()] if may_start_threads else fail()),
        # Event loops wake themselves through a pair or a pipe. Python asks a descriptor whether it is a socket.
        "socketpair": [*one_of(0, (_AF_UNIX,)), *one_of(1, (_STREAM,), mask=_SOCKET_TYPE), *allow()],
        "getsockopt": [*one_of(1, (_SOCKET,)), *one_of(2, _OPTIONS_TO_READ), *allow()],
        "pipe2": [*none_of(1, ~_PIPE_FLAGS & _WHOLE), *allow()],
        # V8 and the C library order memory among threads, and set the register that finds a thread's own data.
        "membarrier": [*one_of(0, _MEMBARRIER, error=errno.EINVAL), *allow()],
        "arch_prctl": [*one_of(0, (_ARCH_SET_FS,), error=errno.EINVAL), *allow()],
    }


def calls_of_a_client(*, only_streams: bool = False) -> dict[str, Instructions]:
    """Allow what TCP connections need, and unless *only_streams* the C library's resolver.

    A filter cannot see the address.
    """
    options = [where(1, level, [*one_of(2, names), *allow()]) for level, names in _OPTIONS_TO_SET.items()]
    return {
        "socket": [
            *one_of(0, (_AF_INET, _AF_INET6)),
            *one_of(1, (_STREAM,) if only_streams else (_STREAM, _DATAGRAM), mask=_SOCKET_TYPE),
            *one_of(2, (0, _TCP) if only_streams else (0, _TCP, _UDP)),
            *allow(),
        ],
        "connect": allow(),
        "setsockopt": [*(instruction for option in options for instruction in option), *fail()],
        "sendmmsg": fail() if only_streams else [*none_of(3, _OUT_OF_BAND), *allow()],
    }


def _memory() -> Instructions:
    """Nothing is ever both written and executed; code comes from files; nothing is shared with anybody."""
    shared_with_nobody = _SHARED | _ANONYMOUS
    return [
        *where(2, _EXECUTE, [*none_of(2, _WRITE), *none_of(3, _ANONYMOUS)], mask=_EXECUTE),
        *where(3, shared_with_nobody, fail(errno.ENOMEM), mask=shared_with_nobody),
        *allow(),
    ]


def _threads() -> Instructions:
    return [*all_of(0, _THREAD, error=errno.EAGAIN), *none_of(0, ~_OF_A_THREAD & _WHOLE), *allow()]


def _of_no_process() -> Instructions:
    return [*below(0, _CLOCKS, error=errno.EINVAL), *allow()]


def _scheduling(oneself: tuple[int, ...], *, may_start_threads: bool) -> dict[str, Instructions]:
    """Allow a process to read how it is scheduled itself. A thread asks by its own number, which no filter can know.

    It hears that it is scheduled as usual, without any number having been looked up: an error would be printed by the
    locks of Deno, which ask.
    """
    error = 0 if may_start_threads else errno.EPERM
    return {name: [*one_of(0, oneself, error=error), *allow()] for name in ("sched_getscheduler", "sched_getparam")}
