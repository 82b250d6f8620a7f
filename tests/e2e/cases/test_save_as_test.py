"""``rulemint exchanges save-as-test``: a token request becomes a case that ``rulemint test`` runs."""

from __future__ import annotations

import secrets

import pytest
import yaml

from fixtures.taped_requests import Robot, a_robot, deployed, done
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(180)

RULE = """
export default ({ client }) => {
  if (client.metadata.plan === 'none') throw new AccessDenied('no plan');
  return { plan: client.metadata.plan, at: Date.now() };
};
"""
OLD = """# Ours.
cases:
  # The first.
  - name: silver is silver
    client:
      metadata: {plan: silver}
    expect:
      claims_include: {plan: silver}  # and at

# Behind all.
defaults:
  ip: 192.0.2.1
"""


@pytest.fixture
def gold(workplace: Workplace) -> Robot:
    return a_robot(workplace, plan="gold")


def test_a_printed_case_is_a_file_that_rulemint_test_runs(workplace: Workplace, gold: Robot) -> None:
    name = f"printed-{secrets.token_hex(3)}"
    file = deployed(workplace, name, RULE, gold)
    exchange = gold.ask()
    printed = workplace.rulemint("exchanges", "save-as-test", exchange[-8:], "--rule", name)
    assert printed.returncode == 0, printed.both
    assert "not expected, because they change or are masked: the claims at" in printed.stderr
    cases = yaml.safe_load(printed.stdout)["cases"]
    assert [case["expect"] for case in cases] == [{"claims_include": {"plan": "gold"}, "scope": ["read", "write"]}]
    (workplace.folder / f"{name}.cases.yaml").write_text(printed.stdout)
    ended = workplace.rulemint("test", str(file))
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "1 of 1 cases hold"), ended.both
    assert workplace.json("exchanges", "save-as-test", exchange, "--rule", name)["case"] == cases[0]


def test_a_case_is_added_to_a_file_of_which_every_line_stays(workplace: Workplace, gold: Robot) -> None:
    name = f"added-{secrets.token_hex(3)}"
    rule, file = deployed(workplace, name, RULE, gold), workplace.folder / f"{name}.cases.yaml"
    file.write_text(OLD)
    save = ("exchanges", "save-as-test", gold.ask(), "--rule", name, "--into", str(file))
    done(workplace, *save, "--name", "gold is gold")
    lines = iter(file.read_text().splitlines())
    assert all(line in lines for line in OLD.splitlines()), "all of them, in their order"
    assert [case["name"] for case in yaml.safe_load(file.read_text())["cases"]] == ["silver is silver", "gold is gold"]
    again = workplace.rulemint(*save, "--name", "gold is gold")
    assert (again.returncode, "give this one another with --name" in again.stderr) == (2, True), again.both
    ended = workplace.rulemint("test", str(rule))
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "2 of 2 cases hold"), ended.both


def test_a_case_begins_a_file_and_one_in_brackets_is_refused_in_words(workplace: Workplace, gold: Robot) -> None:
    name = f"begun-{secrets.token_hex(3)}"
    rule, file = deployed(workplace, name, RULE, gold), workplace.folder / f"{name}.cases.yaml"
    exchange = gold.ask()
    save = ("exchanges", "save-as-test", exchange, "--rule", name, "--into", str(file))
    done(workplace, *save)
    done(workplace, "test", str(rule))
    file.write_text("cases: [{name: short, expect: {scope: []}}]\n")
    refused = workplace.rulemint(*save)
    assert (refused.returncode, "put each case on lines of its own" in refused.stderr) == (2, True), refused.both
    assert file.read_text() == "cases: [{name: short, expect: {scope: []}}]\n"


def test_a_case_joins_those_of_a_draft_and_a_deployment_runs_it(workplace: Workplace) -> None:
    none = a_robot(workplace, plan="none")
    name = f"drafted-{secrets.token_hex(3)}"
    deployed(workplace, name, RULE, none)
    exchange = none.refused()
    for case in ("one", "two"):
        saved = workplace.rulemint("exchanges", "save-as-test", exchange, "--draft", "--name", case)
        assert saved.returncode == 0, saved.both
    rule = workplace.json("rules", "show", name)
    assert (rule["version"], rule["draft_version"], rule["cases"]) == (1, 3, [])
    twice = workplace.rulemint("exchanges", "save-as-test", exchange, "--draft", "--name", "two")
    assert (twice.returncode, "has a case with this name" in twice.stderr) == (1, True), twice.both
    done(workplace, "rules", "deploy-version", name, "3", "--yes")
    assert [case["name"] for case in workplace.json("rules", "show", name)["cases"]] == ["one", "two"]


def test_without_a_tape_the_error_says_what_to_do(workplace: Workplace, gold: Robot) -> None:
    name = f"gone-{secrets.token_hex(3)}"
    deployed(workplace, name, RULE, gold)
    exchange = gold.ask()
    done(workplace, "exchanges", "tape", exchange, "--delete", "--yes")
    gone = workplace.rulemint("exchanges", "save-as-test", exchange)
    assert gone.returncode == 1
    assert "The tenant's settings say which requests leave one" in gone.stderr
