"""``rulemint rules backtest``: what a draft would have changed, for people, for programs, and for a pipeline."""

from __future__ import annotations

import json
import secrets

import pytest

from fixtures.taped_requests import a_robot, deployed, done
from fixtures.workplace import Done, Workplace

pytestmark = pytest.mark.timeout(180)

RULE = "export default ({ client }) => ({ plan: client.metadata.plan });\n"
DRAFT = """
export default ({ client }) => {
  if (client.metadata.plan === 'silver') throw new AccessDenied('silver is over');
  return { plan: client.metadata.plan.toUpperCase() };
};
"""


@pytest.fixture(scope="module")
def name(workplace: Workplace) -> str:
    """A rule with a tape of a client of each plan, and a draft of it in ``draft.js``."""
    name = f"plan-{secrets.token_hex(3)}"
    robots = [a_robot(workplace, plan=plan) for plan in ("gold", "silver")]
    deployed(workplace, name, RULE, *robots)
    for robot in robots:
        robot.ask()
    (workplace.folder / "draft.js").write_text(DRAFT)
    return name


def backtested(workplace: Workplace, name: str, *options: str) -> Done:
    return workplace.rulemint("rules", "backtest", "draft.js", "--name", name, "--since", "1h", *options)


def test_it_says_what_it_stands_for_and_what_the_draft_changes_and_deploys_nothing(
    workplace: Workplace, name: str
) -> None:
    ended = backtested(workplace, name)
    assert ended.returncode == 0, ended.both
    for said in ("newly denied", "claim changed", "robot-", "2 "):
        assert said in ended.stdout, ended.stdout
    assert workplace.json("rules", "show", name)["version"] == 1


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["newly-denied"], 1),
        (["newly-granted", "claim-changed"], 1),
        (["anything"], 1),
        (["newly-granted", "scope-lost"], 0),
    ],
    ids=["denied", "several", "anything", "none of them"],
)
def test_the_exit_status_is_1_if_the_draft_does_what_fail_on_names(
    workplace: Workplace, name: str, kinds: list[str], status: int
) -> None:
    ended = backtested(workplace, name, *(word for kind in kinds for word in ("--fail-on", kind)))
    assert ended.returncode == status, ended.both
    assert ("the draft has what --fail-on names" in ended.stderr) == bool(status)
    assert "newly denied" in ended.stdout, "the result is printed in any case"


def test_json_is_the_whole_result_also_if_it_fails(workplace: Workplace, name: str) -> None:
    ended = backtested(workplace, name, "--json", "--fail-on", "newly-denied")
    assert ended.returncode == 1, ended.both
    result = json.loads(ended.stdout)
    assert (result["rule"], result["version"]) == (name, 1)
    assert result["coverage"]["replayed"] == result["coverage"]["tapes"] == 2
    groups = {group["kind"]: group for group in result["groups"] if group["kind"] != "slower"}
    assert set(groups) == {"newly_denied", "claim_changed"}
    opened = groups["newly_denied"]["examples"][0]["exchange_id"]
    done(workplace, "exchanges", "replay", opened)


def test_a_saved_draft_and_a_version_take_the_place_of_a_file(workplace: Workplace, name: str) -> None:
    nothing = workplace.rulemint("rules", "backtest", name)
    assert nothing.returncode == 1, nothing.both
    own = workplace.json("rules", "backtest", name, "--version", "1")
    assert (own["unchanged"], own["coverage"]["replayed"]) == (2, 2)


def test_a_pipeline_hears_that_nothing_was_replayed(workplace: Workplace) -> None:
    rule = f"silent-{secrets.token_hex(3)}"
    deployed(workplace, rule, RULE, a_robot(workplace, plan="gold"))
    (workplace.folder / "draft.js").write_text(DRAFT)
    ended = backtested(workplace, rule, "--fail-on", "newly-denied")
    assert ended.returncode == 0, ended.both
    assert "nothing was replayed, so --fail-on has nothing to judge" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("draft.js", "--fail-on", "worse"), "worse"),
        (("draft.js", "--version", "1"), "--version: it takes the place of a file"),
        (("nothing.js", "--name", "a"), "--name: there is no file nothing.js"),
        (("draft.js", "--since", "yesterday"), "--since"),
    ],
)
@pytest.mark.usefixtures("name")
def test_a_wrong_option_ends_with_2_and_says_which(workplace: Workplace, arguments: tuple[str, ...], says: str) -> None:
    ended = workplace.rulemint("rules", "backtest", *arguments)
    assert (ended.returncode, says in ended.stderr) == (2, True), ended.both
