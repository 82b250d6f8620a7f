"""The limits of a host: memory and files that a rule's process may have, by language.

The kernel enforces what a `SandboxPolicy` says. No host may start a process: no allowed call does
(`sandbox/allowed_calls.py`). `host_budget.py` bounds all hosts together.
"""

from __future__ import annotations

import signal

import msgspec

from rulemint_runner.sandbox.policy import SandboxPolicy

_MIB = 1024 * 1024

DENO_OPEN_FILES, PYTHON_OPEN_FILES = 64, 32

_V8_FLAGS = "--v8-flags=--jitless,--max-old-space-size={memory_mb},--stack-size=900"
"""Without a JIT no page is ever both writable and executable, and V8 commits 38 MB instead of 555."""

_DENO_COMMITS_MB, _DENO_KEEPS_MB = 96, 48
_PYTHON_COMMITS_MB, _PYTHON_KEEPS_MB, _PYTHON_MAPS_MB = 16, 24, 240
"""Memory besides the rule's own: what the kernel lets the engine commit, what it may really have, what it may map."""

_SMALL_PACKAGES_BYTES = 4 * _MIB
"""So much of packages is a part of the rule's own memory. More of them is counted in such steps."""
_PACKAGES_KEEP_TIMES = 3
"""Packages take their size so many times: the text of the frame, the texts in it, the modules that are made of them."""

DEFAULT_MEMORY_MB = 64


class HostProgram(msgspec.Struct, frozen=True, kw_only=True):
    """The program that runs rules of one language with one limit of memory."""

    policy: SandboxPolicy
    memory_mb: int
    """The MiB that a rule may have, as its author sees it."""
    max_private_bytes: int
    """A host that has more than this is killed: the net under the limits that the kernel enforces."""
    silent_shortage: signal.Signals | None = None
    """The signal by which its engine ends, without a word, when the kernel gives it no more memory."""
    tells_place_by: signal.Signals | None = None
    """The signal upon which its engine writes where it is."""
    hash_seed_in: str = ""
    """The variable of its environment that says how it hashes texts, and so in which order its sets are."""
    hash_seed: int = 0
    """The value of that, in a replay; 0: each host has its own."""


def memory_of_packages(size: int) -> int:
    """Calculate the MiB that packages of *size* bytes take besides the rule's own memory; none if they are small."""
    steps = size // _SMALL_PACKAGES_BYTES
    return steps * _PACKAGES_KEEP_TIMES * _SMALL_PACKAGES_BYTES // _MIB


def deno_with_memory(base: SandboxPolicy, memory_mb: int) -> HostProgram:
    """Give Deno, started as *base*, a heap of *memory_mb* MiB for the rule, and what V8 needs besides."""
    flags = _V8_FLAGS.format(memory_mb=memory_mb)
    program, run, *rest = base.argv
    return HostProgram(
        policy=msgspec.structs.replace(
            base, argv=(program, run, flags, *rest), max_data_bytes=(memory_mb + _DENO_COMMITS_MB) * _MIB
        ),
        memory_mb=memory_mb,
        max_private_bytes=(memory_mb + _DENO_KEEPS_MB) * _MIB,
        silent_shortage=signal.SIGABRT,  # a rule of JavaScript has no other way to it
    )


def python_with_memory(base: SandboxPolicy, memory_mb: int) -> HostProgram:
    """Give Python, started as *base*, *memory_mb* MiB for the rule, and what the interpreter needs besides."""
    return HostProgram(
        policy=msgspec.structs.replace(
            base,
            max_data_bytes=(memory_mb + _PYTHON_COMMITS_MB) * _MIB,
            max_address_space_bytes=(memory_mb + _PYTHON_MAPS_MB) * _MIB,
        ),
        memory_mb=memory_mb,
        max_private_bytes=(memory_mb + _PYTHON_KEEPS_MB) * _MIB,
        tells_place_by=signal.SIGUSR1,
        hash_seed_in="PYTHONHASHSEED",
    )
