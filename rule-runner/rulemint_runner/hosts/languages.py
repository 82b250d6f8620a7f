"""The languages: which program runs a rule, with which arguments, and which files it sees."""

from __future__ import annotations

import json
import platform
import sys
import sysconfig
from compileall import compile_dir
from importlib import metadata
from pathlib import Path
from typing import assert_never
from urllib.parse import quote

import deno
import msgspec

from rulemint_runner.hosts.host_limits import (
    DEFAULT_MEMORY_MB,
    DENO_OPEN_FILES,
    PYTHON_OPEN_FILES,
    HostProgram,
    deno_with_memory,
    memory_of_packages,
    python_with_memory,
)
from rulemint_runner.sandbox.new_root import VisibleFiles, visible_files
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.program_files import NOBODY, libraries_of, loader_of, reachable_by, with_targets
from rulemint_shared.contract.records import Language
from rulemint_shared.host_contract import HOST_CONTRACT_FILE

_PROGRAMS = Path(__file__).parents[1] / "host_programs"
_EVERY_HOST_READS = ("/etc/ld.so.cache", "/dev/urandom", str(HOST_CONTRACT_FILE))

_DENO_FLAGS = (
    "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only",
    "--deny-read", "--deny-write", "--deny-net", "--deny-env", "--deny-sys", "--deny-run", "--deny-ffi",
    "--deny-import",
)  # fmt: skip
_MAPS = _PROGRAMS / "deno" / "maps"
"""In the place of what the kernel says of a process's memory.

Deno's parser of TypeScript asks the C library where its stack is (pthread_getattr_np(3)), which reads it there. It
ends the process if that fails. This text says that the stack may be anywhere.
"""
_DENO_MAY_NOT, _DENO_MAY_INSPECT = "--deny-sys", "--allow-sys=inspector"
_DENO_IMPORTS = {"imports": {"host:contract": HOST_CONTRACT_FILE.as_uri()}}
"""As ``host_programs/deno/deno.json`` has it for the checks; that file is not read here."""
_PYTHON_FLAGS = ("-s", "-P", "-S", "-B", "-X", "utf8")
"""``-I`` would ignore its environment too, of which it has nothing but the seed of its hashes."""


class Languages:
    """The programs of each language on this machine; finding their files takes a few milliseconds, once."""

    def __init__(self) -> None:
        self._deno, self._python = _deno_policy(), _python_policy()
        self._deno_engine = f"Deno {metadata.version('deno')}"
        self._python_engine = f"CPython {platform.python_version()}"
        self._made: dict[tuple[Language, int, int], HostProgram] = {}

    @property
    def deno(self) -> str:
        """The path of Deno."""
        return self.program(Language.JAVASCRIPT).policy.argv[0]

    def engine(self, language: Language) -> str:
        """The name and version of what runs rules of *language*."""
        match language:
            case Language.JAVASCRIPT | Language.TYPESCRIPT:
                return self._deno_engine
            case Language.PYTHON:
                return self._python_engine
            case _:
                assert_never(language)

    def program(self, language: Language, *, memory_mb: int = DEFAULT_MEMORY_MB, package_bytes: int = 0) -> HostProgram:
        """The program that runs rules of *language* with *memory_mb* MiB of heap, and packages of *package_bytes*."""
        packages_mb = memory_of_packages(package_bytes)
        name = (language, memory_mb, packages_mb)
        if name not in self._made:
            program = self._program(language, memory_mb + packages_mb)
            self._made[name] = msgspec.structs.replace(program, memory_mb=memory_mb)
        return self._made[name]

    def explaining(self, program: HostProgram) -> HostProgram:
        """*program*, which may look into its own engine: for hosts that explain a run, and have no call to make."""
        argv = tuple(_DENO_MAY_INSPECT if argument == _DENO_MAY_NOT else argument for argument in program.policy.argv)
        return msgspec.structs.replace(program, policy=msgspec.structs.replace(program.policy, argv=argv))

    def one_of_each_program(self) -> list[Language]:
        """Languages that have all programs among them: JavaScript stands for TypeScript."""
        found: dict[HostProgram, Language] = {}
        for language in Language:
            found.setdefault(self.program(language), language)
        return list(found.values())

    def visible_files(self) -> VisibleFiles:
        """List the files that must exist for hosts of all languages."""
        policies = [self.program(language).policy for language in Language]
        deno_s_path = ("/proc/self/exe", self.program(Language.JAVASCRIPT).policy.argv[0])  # it asks where it is itself
        return visible_files(policies, links=(deno_s_path, ("/proc/self/maps", str(_MAPS))))

    def _program(self, language: Language, memory_mb: int) -> HostProgram:
        match language:
            case Language.JAVASCRIPT | Language.TYPESCRIPT:
                return deno_with_memory(self._deno, memory_mb)
            case Language.PYTHON:
                return python_with_memory(self._python, memory_mb)
            case _:
                assert_never(language)


def _deno_policy() -> SandboxPolicy:
    program = Path(deno.find_deno_bin()).resolve()
    host = _PROGRAMS / "deno"
    imports = f"--import-map=data:application/json,{quote(json.dumps(_DENO_IMPORTS))}"
    return SandboxPolicy(
        argv=(str(program), "run", *_DENO_FLAGS, imports, str(host / "main.js")),
        environment=(("DENO_DIR", "/dev/null"), ("DENO_NO_UPDATE_CHECK", "1"), ("NO_COLOR", "1")),
        user=_nobody_if_reachable(program, host / "main.js"),
        executable_files=_with_loader(program),
        readable_files=(
            *with_targets(libraries_of(program)),
            *_EVERY_HOST_READS,
            *map(str, host.glob("*.js")),
            str(_MAPS),
        ),
        writable_devices=("/dev/null",),
        may_start_threads=True,
        max_open_files=DENO_OPEN_FILES,
    )


def _python_policy() -> SandboxPolicy:
    program = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    host = _PROGRAMS / "python"
    standard_library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    libraries = libraries_of(program)
    compile_dir(host, quiet=2)  # images and wheels have it compiled; in a checkout each host would take 26 ms for it
    return SandboxPolicy(
        argv=(str(program), *_PYTHON_FLAGS, str(host / "main.py"), str(HOST_CONTRACT_FILE)),
        user=_nobody_if_reachable(program, host / "main.py"),
        executable_files=_with_loader(program),
        readable_files=(*with_targets(libraries), *_EVERY_HOST_READS),
        readable_folders=(
            str(host),
            str(standard_library),
            *(str(folder) for folder in {path.resolve().parent for path in libraries}),
            "/usr/share/zoneinfo",
        ),
        writable_devices=("/dev/null",),
        max_open_files=PYTHON_OPEN_FILES,
    )


def _nobody_if_reachable(*files: Path) -> int | None:
    """The user that a host becomes; None if that could not read these *files*."""
    return NOBODY if all(reachable_by(NOBODY, file) for file in (*files, HOST_CONTRACT_FILE)) else None


def _with_loader(program: Path) -> tuple[str, ...]:
    loader = loader_of(program)
    return with_targets([program] if loader is None else [program, loader])
