"""The system calls that a host may always make. Some others it may make with some arguments only: see `checked_calls`.

There is no socket, no connect, no fork, no signal to another process and no question about one, no page that is both
written and executed. Only a policy that says so may open TCP connections, ask DNS, or change files, and none may open a
port. Calls that would go around the filter (io_uring, clone3, openat2) fail with ENOSYS, so that libraries fall back.
"""

from __future__ import annotations

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
ALLOWED = tuple(" ".join(_ALLOWED_GROUPS).split())
MISSING = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "openat2")
"""Answered with ENOSYS, as an older kernel would, because their arguments lie in memory that a filter cannot read."""
