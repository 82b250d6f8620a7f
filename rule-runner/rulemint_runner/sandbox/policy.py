"""Say what a sandboxed process is and what it may use. Everything that is not granted here is denied."""

from __future__ import annotations

import msgspec

from rulemint_runner.sandbox.priority import Priority


class SandboxPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One process to start, and its limits. A limit of None is not set."""

    argv: tuple[str, ...]
    """The program, as an absolute path, and its arguments."""
    environment: tuple[tuple[str, str], ...] = ()
    """Its whole environment."""
    priority: Priority = Priority.USUAL
    user: int | None = None
    """The user to become if the runner is root; None: stay root, without any capability."""
    executable_files: tuple[str, ...] = ()
    readable_files: tuple[str, ...] = ()
    readable_folders: tuple[str, ...] = ()
    writable_devices: tuple[str, ...] = ()
    own_folders: tuple[str, ...] = ()
    """Folders in which it may make, change and remove files. No host has one; an installation of packages does."""
    may_start_threads: bool = False
    may_connect: bool = False
    """It may open TCP connections and ask DNS. The egress broker may, and an installation of packages."""
    max_open_files: int = 64
    max_data_bytes: int | None = None
    """Private writable memory; counts what V8 commits, not what it reserves (``RLIMIT_DATA``)."""
    max_address_space_bytes: int | None = None
    """All mapped memory (``RLIMIT_AS``); unusable for V8, which reserves gigabytes."""
    max_stack_bytes: int = 8 * 1024 * 1024
    max_file_bytes: int = 0
    """The greatest size of a file that it may write."""
    may_change_files: bool = False
    """It may make, rename, link and remove files, where Landlock lets it."""
    may_serve: bool = False
    """It may take connections at a socket that it was given. It may never open a port."""
    only_streams: bool = False
    """Of what `may_connect` allows, TCP only: it has no name to resolve."""
    ends_children: bool = False
    """Its children, in Landlock domains of their own, end with it: the kernel sends that signal in its name."""
    connect_ports: tuple[int, ...] = ()
    """The only TCP ports that it may connect to, from Landlock ABI 4 on; empty: any, if it may connect at all."""
