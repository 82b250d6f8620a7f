"""What an installation may do: ask a registry, write into its own folder, start the two installers, and no more.

It reads archives that anybody may have made, so it is no place for anything of the runner's: not its environment, not
its memory, not the files with the master key and the passwords.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rulemint_runner.sandbox.landlock import landlock_abi, restrict_files
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.privileges import allow_no_new_privileges, become_nobody
from rulemint_runner.sandbox.program_files import loader_of, with_targets
from rulemint_runner.sandbox.rlimits import apply_rlimits

MAX_DATA_BYTES = 2 * 1024**3
MAX_FILE_BYTES = 256 * 1024**2
MAX_OPEN_FILES = 1_024
_READ = ("/usr", "/lib", "/lib64", "/opt", "/proc/self", "/proc/meminfo", "/proc/stat", "/sys/fs/cgroup")
_NETWORK = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
    "/etc/ld.so.cache", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/localtime", "/etc/mime.types",
)  # fmt: skip
_WHICH_LINUX = tuple(str(file) for kind in ("*release", "*version") for file in Path("/etc").glob(kind))
"""pip tells its index where it runs."""


def contain(folder: Path, deno: Path) -> None:
    """Give up everything that installing into *folder* does not need, for good.

    Raises:
        OSError: this machine lacks a layer.
    """
    policy = _policy(folder, deno)
    apply_rlimits(policy)
    become_nobody(None)
    allow_no_new_privileges()
    if landlock_abi():
        restrict_files(policy)


def _policy(folder: Path, deno: Path) -> SandboxPolicy:
    python = Path(sys.executable).resolve()
    loaders = [loader for loader in map(loader_of, (python, deno)) if loader is not None]
    packages = Path(__file__).parents[2]
    return SandboxPolicy(
        argv=(),
        executable_files=with_targets([python, deno, *loaders]),
        readable_files=("/dev/urandom", "/dev/random", *_WHICH_LINUX),
        readable_folders=(*_READ, *_NETWORK, sys.prefix, sys.base_prefix, str(packages), *_shared()),
        writable_devices=("/dev/null",),
        own_folders=(str(folder),),
        may_start_threads=True,
        may_connect=True,
        max_open_files=MAX_OPEN_FILES,
        max_data_bytes=MAX_DATA_BYTES,
        max_file_bytes=MAX_FILE_BYTES,
    )


def _shared() -> list[str]:
    """Where the other packages of ours are: in a work tree, not beside this one."""
    import rulemint_shared  # noqa: PLC0415  # its place is asked for, nothing of it

    return list(rulemint_shared.__path__)
