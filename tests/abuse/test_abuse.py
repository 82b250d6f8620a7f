"""Hostile rules, run through the public path: each harms nobody, and the same place works again afterwards."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.canaries import Canaries
from fixtures.management import Management, open_management, read_exchange
from fixtures.processes import family_of
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

RULES = Path(__file__).parent / "rules"
SEED = (Path(__file__).parents[2] / "examples/rules/seed.js").read_text()


@dataclass(frozen=True)
class Case:
    """One hostile rule and what must become of it."""

    language: str
    name: str
    script: str
    expected: dict[str, Any]


def all_cases() -> list[Case]:
    cases = []
    for described in sorted(RULES.glob("*/*/expect.toml")):
        folder = described.parent
        script = next(folder.glob("rule.*")).read_text()
        cases.append(Case(folder.parent.name, folder.name, script, tomllib.loads(described.read_text())))
    return cases


CASES = [pytest.param(case, id=f"{case.language} {case.name.replace('_', ' ')}") for case in all_cases()]


@pytest.fixture
async def attacked(abuse_system: System) -> AsyncIterator[Management]:
    async with open_management(abuse_system.url, abuse_system.admin) as management:
        yield management


@pytest.mark.parametrize("case", CASES)
async def test_a_hostile_rule_harms_nobody(
    attacked: Management, canaries: Canaries, abuse_system: System, case: Case
) -> None:
    if case.expected.get("machine", platform.machine()) != platform.machine():
        pytest.skip(f"the rule speaks to the kernel of {case.expected['machine']}")
    client = await attacked.a_client()
    async with attacked.rule(canaries.put_into(case.script), language=case.language):
        answer = await attacked.ask(client.request())
        record = await read_exchange(attacked, answer.headers["x-request-id"])
    assert record["outcome"] in case.expected["outcomes"], record
    assert (answer.status == 200) == (record["outcome"] == "granted")
    assert case.expected.get("log", "") in json.dumps(record)
    canaries.check_untouched(answer.text + json.dumps(record))
    async with attacked.rule(SEED):
        assert (await attacked.ask(client.request())).body["scope"].endswith("extra")
    names = [Path(f"/proc/{pid}/comm") for pid in family_of(abuse_system.process.process.pid)]
    running = {path.read_text().strip() for path in names if path.exists()}
    assert running <= {
        "rulemint",
        "python",
        "python3",
        "python3.11",
        "python3.12",
        "python3.13",
        "deno",
        "valkey-server",
    }
