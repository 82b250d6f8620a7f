"""Put the sandbox's refusals into words: the kernel's own are ``Resource temporarily unavailable``.

Functions are wrapped and their errors keep type, number and text, to which the reason is added. Nothing here protects:
the sandbox does. Modules that few rules import are changed when they are imported.
"""

import _thread
import builtins
import errno
import io
import os
import sys
import threading

import invocation
import randomness
import strays
import times
from machine import change_tempfile
from stalled import end_stalled_loops

REFUSED = "a rule's sandbox refuses that"
NO_FILES = "a rule's sandbox refuses every file but Python's own"
NO_SOCKETS = "a rule's sandbox refuses every socket; a rule calls the hosts of its allow_hosts by HTTP"
NO_HTTP2 = f"HTTP/2 needs a socket: {NO_SOCKETS}"
NO_GRPC = "gRPC needs HTTP/2 over a socket, which a rule does not have: call the service's HTTP API"

_OF_FILES = (
    "chdir chmod chown execv execve link listdir lstat mkdir mkfifo mknod open readlink remove rename replace rmdir "
    "scandir stat symlink truncate unlink utime"
)
_OF_PROCESSES = (
    "fork forkpty getlogin kill killpg nice openpty posix_openpt posix_spawn posix_spawnp setgid "
    "setpriority setsid setuid"
)
_REFUSALS = {errno.EPERM: REFUSED, errno.EACCES: REFUSED, errno.EAGAIN: REFUSED, errno.ENOSYS: REFUSED}
_REFUSED_FILES = dict.fromkeys((*_REFUSALS, errno.ENOENT, errno.EROFS), NO_FILES)


def define() -> None:
    """Have what Python's own modules are refused say so."""
    _wrap(os, _OF_FILES, _REFUSED_FILES)
    _wrap(os, _OF_PROCESSES, _REFUSALS)
    os.system = refusing("os.system")
    os.umask = umask
    builtins.open = io.open = saying(io.open, _REFUSED_FILES)
    _wrap(_thread, "start_new_thread", _REFUSALS)
    _wrap(threading, "_start_new_thread _start_joinable_thread", _REFUSALS)


def _wrap(module: object, names: str, reasons: dict) -> None:
    """Have the functions of these *names*, as far as this version of Python has them, say why."""
    for name in names.split():
        if hasattr(module, name):
            setattr(module, name, saying(getattr(module, name), reasons))


def saying(function: object, reasons: dict = _REFUSALS) -> object:
    """*function*, whose errors say why as *reasons* have it for their numbers."""

    def call(*arguments: object, **named: object) -> object:
        try:
            return function(*arguments, **named)
        except OSError as error:
            if error.errno in reasons and isinstance(error.strerror, str):
                error.strerror = f"{error.strerror}: {reasons[error.errno]}"
            raise
        except RuntimeError as error:
            error.args = (f"{error}: {REFUSED}",)
            raise

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = function.__doc__
    return call


def umask(_mask: int) -> int:
    """Answer as in most containers; nothing is set, for a rule makes no files."""
    return 0o022


def refusing(name: str) -> object:
    """A function that refuses: the one of that *name* would only answer with a number."""

    def refuse(*_arguments: object, **_named: object) -> None:
        raise PermissionError(errno.EPERM, f"{name}: {REFUSED}")

    return refuse


def heard(error: OSError, host: str) -> OSError:
    """*error*, of a connection to *host*, which is said with a failure of the rule should a library hide it."""
    invocation.current().refused[host] = error.strerror
    return error


def _change_asyncio(module: object) -> None:
    strays.change_events(module)
    end_stalled_loops(module)

    def run_in_executor(self: object, executor: object, function: object, *arguments: object) -> object:
        """Call *function* here and now: there is no other thread. An executor of the rule's own is asked as usual."""
        if executor is not None:
            return submit(self, executor, function, *arguments)
        future = self.create_future()
        try:
            future.set_result(_outside(self, function, arguments))
        except Exception as error:  # noqa: BLE001  # it is for who awaits it
            future.set_exception(error)
        return future

    def _outside(loop: object, function: object, arguments: tuple) -> object:
        """Call *function* as if no loop ran here, as in a thread: it may run one of its own."""
        tasks = sys.modules["asyncio.tasks"]
        task = tasks.current_task(loop)
        if task is not None:
            tasks._leave_task(loop, task)  # noqa: SLF001  # as below
        module.events._set_running_loop(None)  # noqa: SLF001  # what a loop itself does
        try:
            return function(*arguments)
        finally:
            module.events._set_running_loop(loop)  # noqa: SLF001  # as above
            if task is not None:
                tasks._enter_task(loop, task)  # noqa: SLF001  # as above

    submit, module.BaseEventLoop.run_in_executor = module.BaseEventLoop.run_in_executor, run_in_executor

    async def getaddrinfo(_loop: object, host: object, port: object, **_named: object) -> None:
        why = NO_GRPC if "grpclib" in sys.modules else f"{NO_SOCKETS}; an async rule by httpx"
        raise heard(PermissionError(errno.EPERM, f"no connection to {host}:{port}: {why}"), f"{host}:{port}")

    module.BaseEventLoop.getaddrinfo = getaddrinfo


def _change_signal(module: object) -> None:
    _wrap(module, "raise_signal pthread_kill", _REFUSALS)
    times.change_signal(module)


CHANGES = {
    "asyncio.base_events": _change_asyncio,
    "datetime": times.change_datetime,
    "random": randomness.change_random,
    "resource": times.change_resource,
    "selectors": times.change_selectors,
    "signal": _change_signal,
    "multiprocessing.synchronize": lambda module: _wrap(module.SemLock, "__init__", _REFUSED_FILES),
    "subprocess": lambda module: _wrap(module, "_fork_exec", _REFUSALS),
    "tempfile": change_tempfile,
    "uuid": randomness.change_uuid,
}
"""Module → what is changed of it once it is imported."""
