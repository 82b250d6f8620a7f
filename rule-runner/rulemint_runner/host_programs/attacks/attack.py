"""Attacks on the Python host's sandbox: a rule that tells what became of each. Each must raise."""

import ctypes
import mmap
import os
import _socket as socket  # the kernel's own: a host's `socket` makes calls instead

AF_ALG = 38
GET_NO_NEW_PRIVILEGES = 39
SEIZE = 0x4206
CAPABILITY_VERSION_3 = 0x20080522


def rule(client, scope, audience, context):
    """What became of each attack."""
    targets = context["body"]
    while targets.get("hang"):
        pass
    if "become" in targets:
        return {"attempts": [_outcome("become another program", lambda: os.execv(targets["become"], ["another"]))]}
    runner, other_host = targets["runner"], targets["other_host"]
    attacks = {
        "read /etc/passwd": lambda: open("/etc/passwd").read(1),
        "list /": lambda: os.listdir("/"),
        "read the runner's environment": lambda: open(f"/proc/{runner}/environ").read(1),
        "list another host's descriptors": lambda: os.listdir(f"/proc/{other_host}/fd"),
        "write into another host's channel": lambda: os.open(f"/proc/{other_host}/fd/0", os.O_WRONLY),
        "write a file in /tmp": lambda: open("/tmp/rulemint-attack", "w"),
        "change a file's mode": lambda: os.chmod("/tmp", 0o777),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "open a socket to the kernel's ciphers": lambda: socket.socket(AF_ALG, socket.SOCK_SEQPACKET),
        "start a process": _fork,
        "signal the runner": lambda: os.kill(runner, 0),
        "signal another host": lambda: os.kill(other_host, 0),
        "trace another host": lambda: _call("ptrace", SEIZE, other_host, 0, 0),
        "make memory that it can write and execute": lambda: mmap.mmap(-1, 4096, prot=7),
        "use more memory than it may": lambda: bytearray(1 << 30),
        "keep a descriptor of the runner": _inherited,
        "see a variable": _variable,
        "gain privileges": _privileges,
        "hold a capability": _capabilities,
    }
    return {"attempts": [_outcome(name, attack) for name, attack in attacks.items()]}


def _outcome(name, attack):
    try:
        attack()
    except (OSError, MemoryError, AttributeError, ValueError) as error:
        return {"name": name, "succeeded": False, "detail": f"{type(error).__name__}: {error}"[:100]}
    return {"name": name, "succeeded": True, "detail": ""}


def _fork():
    if os.fork() == 0:
        os._exit(0)


def _call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _inherited():
    """Beyond the channel, the null device and the engine's output there is nothing."""
    opened = []
    for descriptor in range(5, 64):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        opened.append(descriptor)
    if not opened:
        raise OSError("there is none")


def _variable():
    if not os.environ:
        raise OSError("there is none")


def _privileges():
    if _call("prctl", GET_NO_NEW_PRIVILEGES, 0, 0, 0, 0) == 1:
        raise OSError("there are no new ones")


def _capabilities():
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    held = (ctypes.c_uint32 * 6)()
    _call("capget", ctypes.byref(header), ctypes.byref(held))
    if not any(held):
        raise OSError("there is none")
