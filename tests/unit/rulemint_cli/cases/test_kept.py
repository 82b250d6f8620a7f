from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rulemint_cli.cases.kept import cases_to_keep, kept_cases
from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.format import MAX_KEPT_CASES

CASES = """
defaults: {client: robot, scope: [read]}
rule: {allow_hosts: [api.example.com]}
cases:
  - {name: one, expect: {claims: {n: 1}}}
  - {name: two, client: {metadata: {plan: gold}}, scope: [], expect: {refused: {}}}
"""


class Clients(Admin):
    """A system that has the client c_1, called robot."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def call(self, method: str, path: str, body: object = None, *, query: Any = None) -> Any:  # noqa: ARG002  # its base's
        self.asked.append(path)
        raise RefusedError("there is none", status=404)

    async def list(self, path: str, *, fields: Any = ()) -> list[dict[str, Any]]:  # noqa: ARG002  # its base's
        return [{"client_id": "c_1", "name": "robot"}]


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    (tmp_path / "plan.cases.yaml").write_text(CASES)
    return tmp_path / "plan.js"


def sent(rule: Path) -> list[dict[str, Any]]:
    """The cases next to *rule*, as they are sent."""
    read = cases_to_keep(rule, None, leave_out=False)
    assert read is not None
    return asyncio.run(kept_cases(Clients(), read))


def test_defaults_are_in_each_case_and_clients_have_their_ids(rule: Path) -> None:
    assert sent(rule) == [
        {"name": "one", "client": "c_1", "scope": ["read"], "expect": {"claims": {"n": 1}}},
        {
            "name": "two",
            "client": {"id": "test-client", "name": "Test client", "metadata": {"plan": "gold"}},
            "scope": [],
            "expect": {"refused": {}},
        },
    ]


def test_a_client_that_there_is_not_is_said_with_its_line(rule: Path) -> None:
    file = rule.with_name("plan.cases.yaml")
    file.write_text(CASES.replace("client: robot", "client: nobody"))
    with pytest.raises(UsageError, match=r"plan\.cases\.yaml:2: defaults\.client: .*nobody"):
        sent(rule)


def test_cases_are_those_next_to_the_rule_unless_others_or_none_are_named(rule: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(CASES)
    assert cases_to_keep(rule, None, leave_out=True) is None
    assert cases_to_keep(tmp_path / "other.js", None, leave_out=False) is None
    read = cases_to_keep(rule, other, leave_out=False)
    assert read is not None
    assert read.file == other


def test_more_cases_than_are_kept_are_said_with_the_line_of_the_first(rule: Path) -> None:
    lines = [f"  - {{name: {number}n, expect: {{claims: {{}}}}}}" for number in range(MAX_KEPT_CASES + 1)]
    rule.with_name("plan.cases.yaml").write_text("\n".join(["cases:", *lines]))
    with pytest.raises(UsageError, match=rf":{MAX_KEPT_CASES + 2}: .*at most {MAX_KEPT_CASES} cases are kept"):
        cases_to_keep(rule, None, leave_out=False)
