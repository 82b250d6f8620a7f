"""Namespaces (namespaces(7)): set the spawner, and with it every host, apart where the kernel lets it.

Theory of operation. The spawner sets itself apart once, before it forks any host, so that no host makes its own. Hosts
are contained without any of this: a namespace that cannot be had is reported and missed by nothing. An ordinary user
gets the right to the others with a user namespace, in which it stays who it is. The capabilities that come with it are
given up at the end. A pid namespace holds what is forked after it was made, not the spawner itself. Its first process
must live as long as hosts do, so it does nothing but wait for the spawner's end.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path

import msgspec

from rulemint_runner.sandbox.cgroup import GroupLimits, enter_group
from rulemint_runner.sandbox.new_root import VisibleFiles, enter_new_root
from rulemint_runner.sandbox.privileges import lose_capabilities

HOST_NAME = "rule-host"
_IPC, _UTS, _USER, _PID, _NETWORK = 0x08000000, 0x04000000, 0x10000000, 0x20000000, 0x40000000
_HIGHEST_DESCRIPTOR = 2**31 - 2
_SET_FLAGS, _IS_UP = 0x8914, 0x1
"""Of network interfaces (netdevice(7))."""

_libc = ctypes.CDLL(None, use_errno=True)


class Own(StrEnum):
    """Things that hosts can have of their own."""

    GROUP = "control group"
    USERS = "user namespace"
    NETWORK = "network namespace"
    IPC = "ipc namespace"
    NAME = "uts namespace"
    ROOT = "mount namespace"
    PIDS = "pid namespace"


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one attempt to give hosts something of their own."""

    what: Own
    refused: str | None = None
    """The reason why not; None if they have it."""


@dataclass
class Apart:
    """The results of setting apart."""

    tried: list[Tried] = field(default_factory=list)
    first_process: int | None = None
    """The first process of the pid namespace, if there is one: all others in it end with it."""

    def attempt(self, what: Own, step: Callable[[], None]) -> bool:
        """Try *step*, and tell whether it could be done."""
        try:
            step()
        except OSError as error:
            self.tried.append(Tried(what=what, refused=_reason(error)))
            return False
        self.tried.append(Tried(what=what))
        return True


def set_apart(
    visible: VisibleFiles | None, empty_folder: str, group: GroupLimits | None = None, runner_pid: int = 0
) -> Apart:
    """Set the calling process, which must have one thread, and its future children apart from all others."""
    apart = Apart()
    if group is not None:
        apart.attempt(Own.GROUP, partial(enter_group, group, runner_pid))
    ordinary = os.geteuid() != 0
    has_all_rights = ordinary and apart.attempt(Own.USERS, partial(_rehearsed, _enter_user_namespace))
    apart.attempt(Own.NETWORK, partial(_unshare, _NETWORK))
    apart.attempt(Own.IPC, partial(_unshare, _IPC))
    apart.attempt(Own.NAME, _enter_nameless_namespace)
    if visible is not None:
        apart.attempt(Own.ROOT, partial(_rehearsed, partial(enter_new_root, visible, empty_folder)))
    if apart.attempt(Own.PIDS, partial(_unshare, _PID)):
        apart.first_process = _start_first_process()
    if has_all_rights:
        lose_capabilities()
    return apart


def leave_network() -> bool:
    """Give the calling process, which must have one thread, a network with nothing in it but a loopback of its own.

    False where the kernel refuses: then nothing has changed. `lose_capabilities` ends what an ordinary user gets by it.
    """
    try:
        _rehearsed(_enter_lonely_network)
    except OSError:
        return False
    return True


def _enter_lonely_network() -> None:
    if os.geteuid() != 0:
        _enter_user_namespace()
    _unshare(_NETWORK)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sh22x", b"lo", _IS_UP))


def _rehearsed(step: Callable[[], None]) -> None:
    """Do what cannot be undone halfway, once a child has shown that it works."""
    pid = os.fork()
    if pid == 0:
        code = errno.EIO
        try:
            step()
            code = 0
        except OSError as error:
            code = error.errno or code
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise OSError(code, os.strerror(abs(code)))
    step()


def _enter_user_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    _unshare(_USER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _enter_nameless_namespace() -> None:
    _unshare(_UTS)
    socket.sethostname(HOST_NAME)  # the machine's own name is nobody's business


def _start_first_process() -> int:
    """The first process of the new pid namespace: it holds nothing and ends with its parent, however that ends."""
    readable, _held_by_the_parent_as_long_as_it_lives = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(readable, 0)
        os.closerange(1, _HIGHEST_DESCRIPTOR)
        os.read(0, 1)
        os._exit(0)
    os.close(readable)
    return pid


def _unshare(what: int) -> None:
    if _libc.unshare(what) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _reason(error: OSError) -> str:
    """Return the kernel's words, and the file that they are about."""
    said = error.strerror or str(error)
    return f"{os.fsdecode(error.filename)}: {said}" if error.filename else said
