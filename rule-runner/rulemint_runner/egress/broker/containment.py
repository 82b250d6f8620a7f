"""Leave the broker's process TCP and DNS to anybody, a few files of the resolver, and nothing else.

It reads HTTP that anybody may have written, so it is treated as if it were already somebody else's. It has no file to
write, no secret to read, no process to start, no port to listen on, and no signal to send.
"""

from __future__ import annotations

import codecs
import socket
import threading
from collections.abc import Container
from pathlib import Path

from rulemint_runner.egress.broker.resolver_files import RESOLVER_FILES
from rulemint_runner.sandbox.landlock import restrict_files
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.preflight import KernelLayer
from rulemint_runner.sandbox.privileges import allow_no_new_privileges, become_nobody
from rulemint_runner.sandbox.program_files import with_targets
from rulemint_runner.sandbox.rlimits import apply_rlimits
from rulemint_runner.sandbox.seccomp import filter_calls
from rulemint_shared.allow_list import normal_name
from rulemint_shared.process.hiding import hide_from_same_user
from rulemint_shared.process.tether import die_with_parent

MAX_DATA_BYTES = 768 * 1024 * 1024
MAX_OPEN_FILES = 4_096
THREAD_STACK_BYTES = 512 * 1024
_MAPS = Path("/proc/self/maps")
_OTHER_FILES = ("/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/ld.so.cache", "/dev/urandom")
_RESOLVER_LIBRARIES = ("libnss_*.so*", "libresolv.so*")


def contain(parent_pid: int, without: Container[KernelLayer] = (), landlock_abi: int | None = None) -> None:
    """Give up everything that the broker does not need, for good.

    The layers of *without* are left out: this kernel lacks them, and an operator does without. No newer Landlock than
    *landlock_abi* is used, if it is given.

    Raises:
        OSError: this machine lacks a layer.
        RuntimeError: there is a second thread, which would go on without limits.
    """
    if threading.active_count() != 1:
        raise RuntimeError("a process must be contained before it starts threads")
    _load_what_loads_itself_late()
    policy = _policy()
    hide_from_same_user()
    threading.stack_size(THREAD_STACK_BYTES)
    apply_rlimits(policy)
    become_nobody(None)
    die_with_parent(parent_pid)
    allow_no_new_privileges()
    if KernelLayer.LANDLOCK not in without:
        restrict_files(policy, landlock_abi)
    if KernelLayer.SECCOMP not in without:
        filter_calls(policy)


def _load_what_loads_itself_late() -> None:
    """Modules and tables that a library opens at their first use, which would then be out of reach."""
    normal_name("bücher.example")
    codecs.lookup("idna")
    socket.getaddrinfo(b"localhost", 443)


def _policy() -> SandboxPolicy:
    files = [*RESOLVER_FILES, *map(Path, _OTHER_FILES)]
    return SandboxPolicy(
        argv=(),
        readable_files=with_targets(files + _resolver_libraries()),
        may_start_threads=True,
        may_connect=True,
        max_open_files=MAX_OPEN_FILES,
        max_data_bytes=MAX_DATA_BYTES,
    )


def _resolver_libraries() -> list[Path]:
    """The C library loads what /etc/nsswitch.conf names from its own folder, at the first lookup."""
    mapped = {Path(line.split()[-1]).parent for line in _MAPS.read_text().splitlines() if "/libc.so" in line}
    return [library for folder in mapped for pattern in _RESOLVER_LIBRARIES for library in folder.glob(pattern)]
