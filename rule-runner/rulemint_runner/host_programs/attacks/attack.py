"""Attacks on the Python host's sandbox: a rule that tells what became of each. Each must raise.

Where a call names a process, it is tried on all that there are for certain: the other host, the runner, the first one of
this namespace. Nothing is changed but in the other host and in this one, which are thrown away.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import struct
import _socket as socket  # the kernel's own: a host's `socket` makes calls instead

AF_ALG = 38
GET_NO_NEW_PRIVILEGES = 39
SEIZE = 0x4206
CAPABILITY_VERSION_3 = 0x20080522
PEER_CREDENTIALS, PEER_DESCRIPTOR = 17, 77
OUT_OF_BAND = 1
EVERY_RIGHT = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC

libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(256)
"""Room for what the kernel tells."""
ones = ctypes.create_string_buffer(b"\xff" * 128)
queued = ctypes.create_string_buffer(struct.pack("iii", 0, 0, -1), 128)
"""The content of a signal that a process sends by itself."""
watched = ctypes.create_string_buffer(struct.pack("IIQ24xQ", 1, 112, 0, 0b1100000), 112)
"""The processor's time, outside of the kernel."""
wakes_a_thread = ctypes.create_string_buffer(struct.pack("QiiI", 0, 10, 4, os.getpid()), 64)
long_ago = ctypes.create_string_buffer(struct.pack("qq", 1, 0))

ASKS = {  # a call that names a process: its number on x86_64 and on aarch64, and its arguments
    "signal another process (kill)": (62, 129, lambda pid: (pid, 0)),
    "signal another process (tkill)": (200, 130, lambda pid: (pid, 0)),
    "signal another process (tgkill)": (234, 131, lambda pid: (pid, pid, 0)),
    "signal another process (rt_sigqueueinfo)": (129, 138, lambda pid: (pid, 0, queued)),
    "signal another process (rt_tgsigqueueinfo)": (297, 240, lambda pid: (pid, pid, 0, queued)),
    "hold another process (pidfd_open)": (434, 434, lambda pid: (pid, 0)),
    "read another process's clock (clock_gettime)": (228, 113, lambda pid: (~pid << 3 | 2, room)),
    "set a timer by another process's clock (timer_create)": (222, 107, lambda pid: (~pid << 3 | 2, None, room)),
    "ask for another process's session (getsid)": (124, 156, lambda pid: (pid,)),
    "ask for another process's group (getpgid)": (121, 155, lambda pid: (pid,)),
    "ask for another process's limits (prlimit64)": (302, 261, lambda pid: (pid, 7, None, room)),
    "ask for another process's priority (getpriority)": (140, 141, lambda pid: (0, pid)),
    "ask for another process's priority (ioprio_get)": (252, 31, lambda pid: (1, pid)),
    "ask how another process is scheduled (sched_getscheduler)": (145, 120, lambda pid: (pid,)),
    "ask how another process is scheduled (sched_getparam)": (143, 121, lambda pid: (pid, room)),
    "ask how another process is scheduled (sched_getattr)": (315, 275, lambda pid: (pid, room, 56, 0)),
    "ask where another process runs (sched_getaffinity)": (204, 123, lambda pid: (pid, 128, room)),
    "ask for another process's locks (get_robust_list)": (274, 100, lambda pid: (pid, room, room)),
    "compare itself with another process (kcmp)": (312, 272, lambda pid: (pid, os.getpid(), 1, 0, 0)),
}
CHANGES = {  # the same, of what is done to the other host only, and to this one
    "change another host's priority (setpriority)": (141, 140, lambda pid: (0, pid, 19)),
    "change another host's priority (ioprio_set)": (251, 30, lambda pid: (1, pid, 2 << 13 | 4)),
    "change how another host is scheduled (sched_setscheduler)": (144, 119, lambda pid: (pid, 0, bytes(8))),
    "change how another host is scheduled (sched_setparam)": (142, 118, lambda pid: (pid, bytes(8))),
    "change where another host runs (sched_setaffinity)": (203, 122, lambda pid: (pid, 128, ones)),
    "move another host's memory (migrate_pages)": (256, 238, lambda pid: (pid, 2, b"\1" * 8, b"\1" * 8)),
    "move another host's memory (move_pages)": (279, 239, lambda pid: (pid, 0, None, None, None, 0)),
    "read another host's memory (process_vm_readv)": (310, 270, lambda pid: (pid, None, 0, None, 0, 0)),
    "watch another host (perf_event_open)": (298, 241, lambda pid: (watched, pid, -1, -1, 0)),
    "join another host's group (setpgid)": (109, 154, lambda pid: (0, pid)),
}
CALLS = {  # those that name nobody
    "have a timer signal a thread (SIGEV_THREAD_ID)": (222, 107, (1, wakes_a_thread, room)),
    "outlive its parent (PR_SET_PDEATHSIG)": (157, 167, (1, 0, 0, 0, 0)),
    "let itself be traced (PR_SET_DUMPABLE)": (157, 167, (4, 1, 0, 0, 0)),
    "make memory that is a file (memfd_create)": (319, 279, (b"attack", 0)),
    "handle faults of its memory (userfaultfd)": (323, 282, (1,)),
    "go around the filter (io_uring_setup)": (425, 425, (1, ctypes.create_string_buffer(120))),
    "have a keyring (keyctl)": (250, 219, (0, -3, 1)),
    "watch files (inotify_init1)": (294, 26, (0,)),
    "set itself apart (unshare)": (272, 97, (0x400,)),
    "have all that it reads executed (personality)": (135, 92, (0x400000,)),
}


def rule(client, scope, audience, context):
    """Try every attack, and return the results."""
    targets = context["body"]
    while targets.get("hang"):
        pass
    if "become" in targets:
        return {"attempts": [_outcome("become another program", lambda: os.execv(targets["become"], ["another"]))]}
    inherited = _descriptors()
    attacks = {
        **_on_files(targets),
        **_on_descriptors(targets["other_host"]),
        **_on_memory(),
        **_on_itself(inherited),
        **{name: lambda call=call: _syscall(call, *call[2]) for name, call in CALLS.items()},
        **_on_processes(CHANGES, (targets["other_host"], os.getpid())),
        **_on_processes(ASKS, (targets["other_host"], targets["runner"], 1)),
        "signal the runner": lambda: os.kill(targets["runner"], 0),
        "signal another host": lambda: os.kill(targets["other_host"], 0),
        "trace another host": lambda: _checked(libc.ptrace(SEIZE, targets["other_host"], 0, 0)),
        "lend its priority to another process (FUTEX_LOCK_PI)": _lend_priority,
    }
    return {"attempts": [_outcome(name, attack) for name, attack in attacks.items()]}


def _on_files(targets):
    runner, other_host = targets["runner"], targets["other_host"]
    return {
        "read /etc/passwd": lambda: open("/etc/passwd").read(1),
        "list /": lambda: os.listdir("/"),
        "read the runner's environment": lambda: open(f"/proc/{runner}/environ").read(1),
        "list another host's descriptors": lambda: os.listdir(f"/proc/{other_host}/fd"),
        "write into another host's channel": lambda: os.open(f"/proc/{other_host}/fd/0", os.O_WRONLY),
        "write a file in /tmp": lambda: open("/tmp/rulemint-attack", "w"),
        "change a file's mode": lambda: os.chmod("/tmp", 0o777),
    }


def _on_descriptors(other_host):
    one, other = socket.socketpair()
    pipe, _ = os.pipe()
    file, folder = os.open(os.__file__, os.O_RDONLY), os.open(os.path.dirname(os.__file__), os.O_RDONLY)
    pids = (other_host, os.getpid())
    named = [struct.pack("ii", 1, pid) for pid in pids]  # F_OWNER_PID
    return {
        "name whom a descriptor signals (F_SETOWN)": _any(lambda pid: fcntl.fcntl(one, fcntl.F_SETOWN, pid), pids),
        "name whom a descriptor signals (F_SETOWN_EX)": _any(lambda owner: fcntl.fcntl(one, 15, owner), named),
        "name whom a descriptor signals (FIOSETOWN)": _any(
            lambda pid: fcntl.ioctl(one, 0x8901, struct.pack("i", pid)), pids
        ),
        "name whom a descriptor signals (SIOCSPGRP)": _any(
            lambda pid: fcntl.ioctl(one, 0x8902, struct.pack("i", pid)), pids
        ),
        "choose what a descriptor signals (F_SETSIG)": lambda: fcntl.fcntl(one, 10, 9),
        "have a descriptor signal (O_ASYNC)": lambda: fcntl.fcntl(other, fcntl.F_SETFL, os.O_ASYNC),
        "have a descriptor signal (FIOASYNC)": lambda: fcntl.ioctl(other, 0x5452, struct.pack("i", 1)),
        "be told of changes in a folder (F_NOTIFY)": lambda: fcntl.fcntl(folder, fcntl.F_NOTIFY, 2),
        "hold up who opens a file (F_SETLEASE)": lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK),
        "ask who holds a lock (F_GETLK)": lambda: fcntl.fcntl(file, fcntl.F_GETLK, bytes(32)),
        "take more of the kernel's memory (F_SETPIPE_SZ)": lambda: fcntl.fcntl(pipe, 1031, 1 << 17),
        "ask who is at the other end of its channel (SO_PEERCRED)": _any(_about_peer(PEER_CREDENTIALS), range(8)),
        "hold who is at the other end of its channel (SO_PEERPIDFD)": _any(_about_peer(PEER_DESCRIPTOR), range(8)),
        "send a descriptor (SCM_RIGHTS)": lambda: one.sendmsg([b"x"], [(1, 1, struct.pack("i", file))]),
        "send out of band (MSG_OOB)": lambda: one.send(b"x", OUT_OF_BAND),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "open a socket to the kernel's ciphers": lambda: socket.socket(AF_ALG, socket.SOCK_SEQPACKET),
    }


def _about_peer(option):
    size = ctypes.c_uint32(len(room))
    return lambda descriptor: _checked(libc.getsockopt(descriptor, socket.SOL_SOCKET, option, room, ctypes.byref(size)))


def _on_memory():
    file = os.open(os.__file__, os.O_RDONLY)
    page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    at = ctypes.byref(ctypes.c_char.from_buffer(page))
    executed = mmap.PROT_READ | mmap.PROT_EXEC
    return {
        "make memory that it can write and execute": lambda: mmap.mmap(-1, 4096, prot=EVERY_RIGHT),
        "map a file to write and execute it": lambda: mmap.mmap(file, 4096, flags=mmap.MAP_PRIVATE, prot=EVERY_RIGHT),
        "execute what it has written (mprotect)": lambda: _checked(libc.mprotect(at, mmap.PAGESIZE, executed)),
        "execute what it has written (pkey_mprotect)": lambda: _syscall((329, 288), at, mmap.PAGESIZE, executed, -1),
        "share memory": lambda: mmap.mmap(-1, 4096),
        "use more memory than it may": lambda: bytearray(1 << 30),
    }


def _on_itself(inherited):
    return {
        "start a process": _fork,
        "keep a descriptor of the runner": lambda: _there_are(inherited),
        "see a variable": lambda: _there_are(os.environ),
        "gain privileges": _privileges,
        "hold a capability": _capabilities,
    }


def _on_processes(calls, pids):
    return {name: _any(lambda pid, call=call: _syscall(call, *call[2](pid)), pids) for name, call in calls.items()}


def _outcome(name, attack):
    try:
        attack()
    except (OSError, MemoryError, AttributeError, ValueError) as error:
        return {"name": name, "succeeded": False, "detail": f"{type(error).__name__}: {error}"[:100]}
    return {"name": name, "succeeded": True, "detail": ""}


def _any(attack, targets):
    """An attack that succeeds if it does so on one of *targets*."""

    def on_each():
        for target in targets[:-1]:
            try:
                return attack(target)
            except OSError:
                continue
        return attack(targets[-1])

    return on_each


def _syscall(numbers, *arguments):
    number = numbers[os.uname().machine == "aarch64"]
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(libc.syscall(ctypes.c_long(number), *wide))


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _lend_priority():
    """The kernel looks for the thread that the lock's word names, and lends it what waits; this one never waits."""
    word = ctypes.c_uint32(1)
    try:
        _syscall((202, 98), ctypes.byref(word), 6, 0, long_ago)
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EPERM}:
            raise


def _fork():
    if os.fork() == 0:
        _syscall((231, 94), 0)  # exit_group: what os has for it is refused in words, and the child would attack, too


def _descriptors():
    """Beyond the channel, the null device and the engine's output there is to be none."""
    found = []
    for descriptor in range(5, 64):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return found


def _there_are(found):
    if not found:
        raise OSError("there is none")


def _privileges():
    if _checked(libc.prctl(GET_NO_NEW_PRIVILEGES, 0, 0, 0, 0)) == 1:
        raise OSError("there are no new ones")


def _capabilities():
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    held = (ctypes.c_uint32 * 6)()
    _checked(libc.capget(ctypes.byref(header), ctypes.byref(held)))
    _there_are([each for each in held if each])
