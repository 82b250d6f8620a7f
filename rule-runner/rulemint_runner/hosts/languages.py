"""The languages: which program runs a rule, with which arguments and limits."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import deno

from rulemint_runner.sandbox.new_root import VisibleFiles, visible_files
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.program_files import NOBODY, libraries_of, loader_of, reachable_by, with_targets
from rulemint_shared.records import Language

_PROGRAMS = Path(__file__).parents[1] / "host_programs"
_MIB = 1024 * 1024
_EVERYONE_READS = ("/etc/ld.so.cache", "/dev/urandom")

_DENO_FLAGS = (
    "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only",
    "--deny-read", "--deny-write", "--deny-net", "--deny-env", "--deny-sys", "--deny-run", "--deny-ffi",
    "--deny-import",
)  # fmt: skip
_V8_FLAGS = "--v8-flags=--jitless,--max-old-space-size=64,--stack-size=900"
"""Without a JIT no page is ever both writable and executable, and V8 commits 38 MB instead of 555."""

SUFFIXES = {Language.JAVASCRIPT: "js", Language.TYPESCRIPT: "ts", Language.PYTHON: "py"}


class Languages:
    """The policy of each language on this machine; finding its files takes a few milliseconds, once."""

    def __init__(self) -> None:
        deno_policy, python_policy = _deno_policy(), _python_policy()
        self._policies = {
            Language.JAVASCRIPT: deno_policy,
            Language.TYPESCRIPT: deno_policy,
            Language.PYTHON: python_policy,
        }

    def policy(self, language: Language) -> SandboxPolicy:
        """The process that runs rules of *language*."""
        return self._policies[language]

    def visible_files(self) -> VisibleFiles:
        """What must exist for hosts, of whatever language."""
        deno_s_path = ("/proc/self/exe", self._policies[Language.JAVASCRIPT].argv[0])  # it asks where it is itself
        return visible_files(self._policies.values(), links=(deno_s_path,))


def _deno_policy() -> SandboxPolicy:
    program = Path(deno.find_deno_bin()).resolve()
    host = _PROGRAMS / "deno"
    return SandboxPolicy(
        argv=(str(program), "run", *_DENO_FLAGS, _V8_FLAGS, str(host / "main.js")),
        environment=(("DENO_DIR", "/dev/null"), ("DENO_NO_UPDATE_CHECK", "1"), ("NO_COLOR", "1")),
        user=NOBODY if reachable_by(NOBODY, program) and reachable_by(NOBODY, host / "main.js") else None,
        executable_files=_with_loader(program),
        readable_files=(*with_targets(libraries_of(program)), *_EVERYONE_READS, *map(str, host.glob("*.js"))),
        writable_devices=("/dev/null",),
        may_start_threads=True,
        max_open_files=64,
        max_data_bytes=160 * _MIB,
    )


def _python_policy() -> SandboxPolicy:
    program = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    host = _PROGRAMS / "python"
    standard_library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    libraries = libraries_of(program)
    return SandboxPolicy(
        argv=(str(program), "-I", "-S", "-B", "-X", "utf8", str(host / "main.py")),
        user=NOBODY if reachable_by(NOBODY, program) and reachable_by(NOBODY, host / "main.py") else None,
        executable_files=_with_loader(program),
        readable_files=(*with_targets(libraries), *_EVERYONE_READS),
        readable_folders=(
            str(host),
            str(standard_library),
            *(str(folder) for folder in {path.resolve().parent for path in libraries}),
            "/usr/share/zoneinfo",
        ),
        writable_devices=("/dev/null",),
        max_open_files=32,
        max_address_space_bytes=300 * _MIB,
    )


def _with_loader(program: Path) -> tuple[str, ...]:
    loader = loader_of(program)
    return with_targets([program] if loader is None else [program, loader])
