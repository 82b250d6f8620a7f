"""The languages: which program runs a rule, with which arguments and limits."""

from __future__ import annotations

import sys
from pathlib import Path

import deno

from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_shared.records import Language

_PROGRAMS = Path(__file__).parents[1] / "host_programs"
_MIB = 1024 * 1024

_DENO_FLAGS = (
    "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only",
    "--deny-read", "--deny-write", "--deny-net", "--deny-env", "--deny-sys", "--deny-run", "--deny-ffi",
    "--deny-import",
)  # fmt: skip
_V8_FLAGS = "--v8-flags=--jitless,--max-old-space-size=64,--stack-size=900"
"""Without a JIT no page is ever both writable and executable, and V8 commits 38 MB instead of 555."""

SUFFIXES = {Language.JAVASCRIPT: "js", Language.TYPESCRIPT: "ts", Language.PYTHON: "py"}


def policy_of(language: Language) -> SandboxPolicy:
    """The process that runs rules of *language*."""
    return _PYTHON if language is Language.PYTHON else _DENO


_DENO = SandboxPolicy(
    argv=(deno.find_deno_bin(), "run", *_DENO_FLAGS, _V8_FLAGS, str(_PROGRAMS / "deno" / "main.js")),
    environment={"DENO_DIR": "/dev/null", "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
    max_open_files=64,
    max_data_bytes=160 * _MIB,
)
_PYTHON = SandboxPolicy(
    argv=(sys.executable, "-I", "-S", "-B", "-X", "utf8", str(_PROGRAMS / "python" / "main.py")),
    max_open_files=32,
    max_address_space_bytes=300 * _MIB,
)
