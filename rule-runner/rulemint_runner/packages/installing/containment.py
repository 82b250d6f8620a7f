"""Limit what the two processes of an installation may do.

The keeper speaks to the registry, looks archives through and collects what a rule can reach. The installer, pip or
Deno, unpacks: it reaches nothing but the keeper's gate, writes into the installation's own folder, and starts nothing.
Both read archives that anybody may have made, so neither has anything of the runner's. They have not its environment,
its memory, its files with keys and passwords, nor a way to Valkey.
"""

from __future__ import annotations

import codecs
import os
import socket
import stat
import sys
import threading
from pathlib import Path

from yarl import URL

from rulemint_runner.packages.installing.upstream import ports_of
from rulemint_runner.packages.messages import DEFAULT_TERMS, InstallTerms
from rulemint_runner.sandbox.landlock import restrict_files
from rulemint_runner.sandbox.oom import be_killed_first
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.preflight import KernelLayer, missing_kernel_layers
from rulemint_runner.sandbox.privileges import allow_no_new_privileges, become_nobody
from rulemint_runner.sandbox.program_files import NOBODY, loader_of, reachable_by, with_targets
from rulemint_runner.sandbox.rlimits import apply_rlimits
from rulemint_runner.sandbox.seccomp import filter_calls
from rulemint_shared.allow_list import normal_name
from rulemint_shared.process.hiding import hide_from_same_user
from rulemint_shared.process.tether import die_with_parent

INSTALLER = NOBODY - 1
"""The user that an installation becomes where the runner is root: not the user of hosts."""
MAX_OPEN_FILES = 1_024
DNS_PORT = 53
_PROGRAMS = (Path(sys.executable), Path(__file__))
_MIB = 1024 * 1024
_READ = ("/usr", "/lib", "/lib64", "/opt", "/proc/self", "/proc/meminfo", "/proc/stat", "/sys/fs/cgroup")
_LIBRARIES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/ssl", "/etc/pki", "/etc/ca-certificates")
_RESOLVER = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
)  # fmt: skip
_WHICH_LINUX = tuple(str(file) for kind in ("*release", "*version") for file in Path("/etc").glob(kind))
"""pip wants to know where it runs."""


def contain(
    folder: Path, program: Path, terms: InstallTerms = DEFAULT_TERMS, *, port: int = 0, parent_pid: int | None = None
) -> None:
    """Give up, for good, what *program* does not need in order to unpack into *folder* what is at the gate's *port*.

    Raises:
        OSError: this machine lacks a layer.
    """
    _contain(_installer_policy(folder, program, terms, port), parent_pid or os.getppid(), terms.landlock_abi)


def contain_keeper(folder: Path, registry: URL, terms: InstallTerms, *, parent_pid: int) -> None:
    """Give up, for good, what the keeper of an installation into *folder* from *registry* does not need.

    Raises:
        OSError: this machine lacks a layer.
    """
    _contain(_keeper_policy(folder, registry, terms), parent_pid, terms.landlock_abi)


def _installer_policy(folder: Path, program: Path, terms: InstallTerms, port: int) -> SandboxPolicy:
    loader = loader_of(program.resolve())
    return SandboxPolicy(
        argv=(),
        user=_user(folder),
        executable_files=with_targets([program, *([] if loader is None else [loader])]),
        readable_files=("/dev/urandom", "/dev/random", *_WHICH_LINUX),
        readable_folders=(*_READ, *_LIBRARIES, sys.prefix, sys.base_prefix),
        writable_devices=("/dev/null",),
        own_folders=(str(folder),),
        may_start_threads=True,
        may_connect=True,
        only_streams=True,
        connect_ports=(port,),
        may_change_files=True,
        max_open_files=MAX_OPEN_FILES,
        max_data_bytes=terms.memory_mib * _MIB,
        max_file_bytes=terms.folder_mib * _MIB,
    )


def _keeper_policy(folder: Path, registry: URL, terms: InstallTerms) -> SandboxPolicy:
    ours = {str(Path(__file__).parents[2]), *_shared()}
    return SandboxPolicy(
        argv=(),
        user=_user(folder),
        readable_files=("/dev/urandom", "/dev/random"),
        readable_folders=(*_READ, *_LIBRARIES, *_RESOLVER, sys.prefix, sys.base_prefix, *ours),
        writable_devices=("/dev/null",),
        own_folders=(str(folder),),
        may_start_threads=True,
        may_connect=True,
        connect_ports=(DNS_PORT, *ports_of(registry)),
        may_serve=True,
        ends_children=True,
        max_open_files=MAX_OPEN_FILES,
        max_data_bytes=terms.memory_mib * _MIB,
        max_file_bytes=terms.folder_mib * _MIB,
    )


def give_away(folder: Path) -> None:
    """Let the user that an installation becomes have *folder*."""
    user = _user(folder)
    if os.geteuid() == 0 and user is not None:
        os.chown(folder, user, user)


def _contain(policy: SandboxPolicy, parent_pid: int, landlock_abi: int | None) -> None:
    if threading.active_count() != 1:
        raise RuntimeError("a process must be contained before it starts threads")
    without = missing_kernel_layers()  # a runner starts without them only if its operator insists
    hide_from_same_user()
    apply_rlimits(policy)
    become_nobody(policy.user)
    die_with_parent(parent_pid)  # after the change of user, which would undo it
    allow_no_new_privileges()
    if KernelLayer.LANDLOCK not in without:
        restrict_files(policy, landlock_abi)
    if KernelLayer.SECCOMP not in without:
        filter_calls(policy)


def load_what_loads_itself_late() -> None:
    """Modules and tables that are opened at their first use, which may then be out of reach."""
    normal_name("bücher.example")
    codecs.lookup("idna")
    socket.getaddrinfo(b"localhost", 443)


def be_first_to_go() -> None:
    """Have an installation end first where memory is short."""
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    be_killed_first(proc)
    os.close(proc)


def _user(folder: Path) -> int | None:
    """Choose the user to become where the runner is root; None: stay root, without any capability.

    That is so where nobody else gets in.
    """
    passes = all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.resolve().parents)
    return INSTALLER if passes and all(reachable_by(INSTALLER, file) for file in _PROGRAMS) else None


def _shared() -> list[str]:
    """Find the other packages of ours: in a work tree, they are not next to this one."""
    import rulemint_shared  # noqa: PLC0415  # its place is asked for, nothing of it

    return list(rulemint_shared.__path__)
