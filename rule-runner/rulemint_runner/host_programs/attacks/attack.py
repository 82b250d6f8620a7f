"""Attacks on the Python host's sandbox: a rule that returns what it could do. Each attempt must raise."""

import ctypes
import mmap
import os
import socket


def rule(client, scope, audience, context):
    """The attacks that succeeded, by name."""
    attacks = {
        "read /etc/passwd": lambda: open("/etc/passwd").read(1),
        "list /": lambda: os.listdir("/"),
        "read its parent's environment": lambda: open(f"/proc/{os.getppid()}/environ").read(1),
        "write a file in /tmp": lambda: open("/tmp/rulemint-attack", "w"),
        "change a file's mode": lambda: os.chmod("/tmp", 0o777),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "start a process": _fork,
        "signal its parent": lambda: os.kill(os.getppid(), 0),
        "trace a process": lambda: _call("ptrace", 16, os.getppid(), 0, 0),
        "make memory that it can write and execute": lambda: mmap.mmap(-1, 4096, prot=7),
        "use more memory than it may": lambda: bytearray(1 << 30),
        "keep a descriptor of the runner": _inherited,
        "see a variable": _variable,
    }
    return {"succeeded": [name for name, attack in attacks.items() if _succeeds(attack)]}


def _succeeds(attack):
    try:
        attack()
    except (OSError, MemoryError, AttributeError, ValueError, PermissionError):
        return False
    return True


def _fork():
    if os.fork() == 0:
        os._exit(0)


def _call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def _inherited():
    """Beyond the channel, the null device and the engine's output there is nothing."""
    opened = []
    for descriptor in range(4, 64):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        opened.append(descriptor)
    if not opened:
        raise OSError("nothing")


def _variable():
    if not os.environ:
        raise OSError("nothing")
