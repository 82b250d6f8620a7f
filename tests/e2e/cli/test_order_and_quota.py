"""The order of rules and the use of quotas, on the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)

SCRIPT = "export default () => ({});\n"


@pytest.fixture
def rules(workplace: Workplace) -> Iterator[list[str]]:
    """Three rules, which are not in the flow."""
    names = ["first", "second", "third"]
    for name in names:
        file = workplace.folder / f"{name}.js"
        file.write_text(SCRIPT)
        assert workplace.rulemint("rules", "deploy", str(file), "--yes").returncode == 0
    yield names
    for name in names:
        workplace.rulemint("rules", "delete", name, "--yes")


def in_order(workplace: Workplace, names: list[str]) -> list[str]:
    return [rule["name"] for rule in workplace.json("rules", "list") if rule["name"] in names]


def test_rules_that_are_named_come_first_and_the_others_keep_their_order(
    workplace: Workplace, rules: list[str]
) -> None:
    done = workplace.rulemint("rules", "order", "third", "first")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the flow is now third, first, ")
    assert in_order(workplace, rules) == ["third", "first", "second"]
    ordered = workplace.json("rules", "order", "second")
    assert len(ordered["rules"]) == len(workplace.json("rules", "list"))
    assert in_order(workplace, rules) == ["second", "third", "first"]


@pytest.mark.usefixtures("rules")
def test_a_rule_that_is_not_there_or_is_named_twice_changes_nothing(workplace: Workplace) -> None:
    assert "there is no rule fourth" in workplace.rulemint("rules", "order", "fourth").stderr
    assert "A rule is named twice" in workplace.rulemint("rules", "order", "third", "third").stderr
    assert in_order(workplace, ["first", "second", "third"]) == ["first", "second", "third"]


def test_quotas_are_shown_with_what_they_refused(workplace: Workplace) -> None:
    shown = workplace.rulemint("quota")
    assert shown.returncode == 0, shown.stderr
    assert "RULEMINT_MAX_CLIENTS" in shown.stdout
    assert "in the last hour" in shown.stdout
    found = workplace.json("quota")
    assert {"quotas", "refused"} == found.keys()
