"""Each layer of the sandbox taken away, one at a time: the attacks show which layer holds what, and can succeed."""

from __future__ import annotations

import pytest

from fixtures.hosts import LANGUAGES
from rulemint_runner.hosts.attacks import attack
from rulemint_runner.hosts.self_check import SandboxMissingError, SelfCheck
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_shared.hiding import hide_from_same_user
from rulemint_shared.records import Language
from rulemint_shared.sandbox_report import AttackOutcome


def spawner_without(*layers: str) -> SpawnerProcess:
    """A spawner without namespaces, whose launcher leaves out *layers*, as a mistake in it might."""
    hide_from_same_user()
    program = (
        "import rulemint_runner.sandbox.launch as launch\n"
        f"launch.STEPS = tuple(step for step in launch.STEPS if step.__name__ not in {layers!r})\n"
        "import rulemint_runner.sandbox.spawner as spawner\n"
        "spawner.set_apart = lambda *_: spawner.Apart()\n"
        "spawner.main()"
    )
    return SpawnerProcess(program=("-c", program))


async def succeeded(language: Language, *layers: str) -> set[str]:
    async with open_sandbox(spawner_without(*layers)) as sandbox:
        attacks = [each for each in await attack(sandbox, LANGUAGES) if each.host == language]
    assert len(attacks) > 10
    return {each.name for each in attacks if each.outcome is AttackOutcome.SUCCEEDED}


async def test_with_every_layer_every_attack_fails() -> None:
    async with open_sandbox(spawner_without()) as sandbox:
        attacks = await attack(sandbox, LANGUAGES)
    assert {(each.host, each.outcome) for each in attacks} == {
        (Language.JAVASCRIPT, AttackOutcome.FAILED),
        (Language.PYTHON, AttackOutcome.FAILED),
    }
    assert len(attacks) > 40


async def test_without_landlock_a_python_rule_reads_files() -> None:
    found = await succeeded(Language.PYTHON, "_restrict_files")
    assert {"read /etc/passwd", "list /", "become another program"} <= found


async def test_without_the_filter_a_python_rule_opens_sockets_and_starts_processes() -> None:
    found = await succeeded(Language.PYTHON, "_filter_calls")
    assert {"open a socket", "open a unix socket", "start a process"} <= found
    assert "read /etc/passwd" not in found


async def test_without_limits_a_python_rule_takes_the_memory() -> None:
    assert await succeeded(Language.PYTHON, "_limit_resources") == {"use more memory than it may"}


async def test_deno_s_own_permissions_hold_when_the_kernel_s_layers_are_gone() -> None:
    assert await succeeded(Language.JAVASCRIPT, "_restrict_files", "_filter_calls") == set()


async def test_the_runner_refuses_to_serve_when_an_attack_succeeds() -> None:
    async with open_sandbox(spawner_without("_restrict_files")) as sandbox:
        with pytest.raises(SandboxMissingError) as refused:
            await SelfCheck(sandbox, LANGUAGES).check()
    assert "python: a rule can read /etc/passwd" in str(refused.value)
