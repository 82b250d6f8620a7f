"""Each layer of the sandbox taken away, one at a time: the attacks show which layer holds what, and can succeed."""

from __future__ import annotations

import pytest

from fixtures.hosts import LANGUAGES
from fixtures.mutants import OLDER_ABIS
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_runner.self_check.attacks import attack
from rulemint_runner.self_check.self_check import SandboxMissingError, SelfCheck
from rulemint_shared.contract.records import Language
from rulemint_shared.contract.sandbox_report import AttackOutcome
from rulemint_shared.process.hiding import hide_from_same_user

every_abi = pytest.mark.parametrize(
    "abi", [pytest.param(None, id="today's Landlock"), *(pytest.param(abi, id=f"ABI {abi}") for abi in OLDER_ABIS)]
)
NAMED_BY_A_DESCRIPTOR = {
    f"name whom a descriptor signals ({way})" for way in ("F_SETOWN", "F_SETOWN_EX", "FIOSETOWN", "SIOCSPGRP")
}
ONLY_THE_FILTER_HOLDS = NAMED_BY_A_DESCRIPTOR | {
    "choose what a descriptor signals (F_SETSIG)",
    "have a descriptor signal (O_ASYNC)",
    "have a descriptor signal (FIOASYNC)",
    "ask who holds a lock (F_GETLK)",
    "take more of the kernel's memory (F_SETPIPE_SZ)",
    "ask who is at the other end of its channel (SO_PEERCRED)",
    "send a descriptor (SCM_RIGHTS)",
    "have a timer signal a thread (SIGEV_THREAD_ID)",
    "set a timer by another process's clock (timer_create)",
    "read another process's clock (clock_gettime)",
    "lend its priority to another process (FUTEX_LOCK_PI)",
    "ask for another process's session (getsid)",
    "ask for another process's group (getpgid)",
    "ask for another process's limits (prlimit64)",
    "ask for another process's priority (getpriority)",
    "ask for another process's priority (ioprio_get)",
    "ask how another process is scheduled (sched_getscheduler)",
    "ask how another process is scheduled (sched_getparam)",
    "ask how another process is scheduled (sched_getattr)",
    "ask where another process runs (sched_getaffinity)",
    "change another host's priority (setpriority)",
    "change where another host runs (sched_setaffinity)",
    "join another host's group (setpgid)",
    "hold another process (pidfd_open)",
    "map a file to write and execute it",
    "make memory that it can write and execute",
    "execute what it has written (mprotect)",
    "execute what it has written (pkey_mprotect)",
    "share memory",
    "outlive its parent (PR_SET_PDEATHSIG)",
    "let itself be traced (PR_SET_DUMPABLE)",
    "make memory that is a file (memfd_create)",
    "open a socket",
    "open a unix socket",
    "start a process",
}
SIGNALS = {
    f"signal another process ({call})" for call in ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
}
"""What Landlock holds as well from ABI 6 on."""


def spawner_without(*layers: str, abi: int | None = None) -> SpawnerProcess:
    """A spawner without namespaces, whose launcher leaves out *layers*, as a mistake in it might."""
    hide_from_same_user()
    program = (
        "import rulemint_runner.sandbox.launch as launch\n"
        f"launch.STEPS = tuple(step for step in launch.STEPS if step.__name__ not in {layers!r})\n"
        "import rulemint_runner.sandbox.spawner as spawner\n"
        "spawner.set_apart = lambda *_: spawner.Apart()\n"
        "spawner.main()"
    )
    return SpawnerProcess(Setup(landlock_abi=abi), program=("-c", program))


async def succeeded(language: Language, *layers: str, abi: int | None = None) -> set[str]:
    async with open_sandbox(spawner_without(*layers, abi=abi)) as sandbox:
        attacks = [each for each in await attack(sandbox, LANGUAGES) if each.host == language]
    assert len(attacks) > 10
    return {each.name for each in attacks if each.outcome is AttackOutcome.SUCCEEDED}


@every_abi
async def test_with_every_layer_every_attack_fails(abi: int | None) -> None:
    async with open_sandbox(spawner_without(abi=abi)) as sandbox:
        attacks = await attack(sandbox, LANGUAGES)
    assert [each for each in attacks if each.outcome is not AttackOutcome.FAILED] == []
    assert {each.host for each in attacks} == {Language.JAVASCRIPT, Language.PYTHON}
    assert len(attacks) > 100


async def test_without_landlock_a_python_rule_reads_files() -> None:
    found = await succeeded(Language.PYTHON, "_restrict_files")
    assert {"read /etc/passwd", "list /", "become another program"} <= found


@every_abi
async def test_without_the_filter_a_python_rule_does_what_landlock_does_not_know(abi: int | None) -> None:
    """Each of these attacks can succeed, so that it proves something where it fails."""
    found = await succeeded(Language.PYTHON, "_filter_calls", abi=abi)
    assert found >= ONLY_THE_FILTER_HOLDS
    assert found & SIGNALS == (SIGNALS if abi is not None else set())
    assert "read /etc/passwd" not in found


@every_abi
async def test_without_limits_a_python_rule_takes_the_memory(abi: int | None) -> None:
    assert await succeeded(Language.PYTHON, "_limit_resources", abi=abi) == {"use more memory than it may"}


async def test_deno_s_own_permissions_hold_when_the_kernel_s_layers_are_gone() -> None:
    assert await succeeded(Language.JAVASCRIPT, "_restrict_files", "_filter_calls") == set()


async def test_the_runner_refuses_to_serve_when_an_attack_succeeds() -> None:
    async with open_sandbox(spawner_without("_restrict_files")) as sandbox:
        with pytest.raises(SandboxMissingError) as refused:
            await SelfCheck(sandbox, LANGUAGES).check()
    assert "python: a rule can read /etc/passwd" in str(refused.value)
