from __future__ import annotations

from msgspec.structs import replace

from rulemint_gateway.management.rules.kept_versions import numbers_of, plan_outdated
from rulemint_gateway.stores.writing.config_store import Changes
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, RolloutState

RULE = Rule(id="r", name="r", version=1, latest_version=1)


class Versions:
    """A rule whose stored versions are counted along."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.stored = {*range(1, rule.latest_version + 1)}

    def make(self, *, deploy: bool, kept: int = 3) -> None:
        number = self.rule.latest_version + 1
        after = replace(self.rule, latest_version=number)
        after = replace(after, version=number, draft=0) if deploy else replace(after, draft=number)
        changes: Changes[None] = Changes(None)
        self.rule = plan_outdated(self.rule, after, kept=kept, changes=changes)
        self.stored.add(number)
        for _table, field in changes.deletes:
            self.stored.remove(int(field.rpartition("@")[2]))
        assert numbers_of(self.rule) == sorted(self.stored, reverse=True), "what a rule says is what there is"


def test_the_newest_are_kept() -> None:
    versions = Versions(RULE)
    for _ in range(10):
        versions.make(deploy=True)
    assert versions.stored == {9, 10, 11}


def test_what_runs_stays_however_many_drafts_are_saved() -> None:
    versions = Versions(RULE)
    for _ in range(10):
        versions.make(deploy=False)
    assert versions.stored == {1, 9, 10, 11}


def test_what_ran_until_now_goes_with_the_version_after() -> None:
    versions = Versions(RULE)
    for _ in range(10):
        versions.make(deploy=False)
    versions.make(deploy=True)
    assert 1 in versions.stored, "an invocation under way may still need it"
    versions.make(deploy=True)
    assert versions.stored == {11, 12, 13}


def test_one_that_was_rolled_back_to_stays() -> None:
    versions = Versions(RULE)
    for _ in range(10):
        versions.make(deploy=True)
    versions.rule = replace(versions.rule, version=9)
    for _ in range(5):
        versions.make(deploy=False)
    assert versions.stored == {9, 14, 15, 16}


def test_a_rule_from_before_there_was_a_limit_is_brought_within_it() -> None:
    versions = Versions(replace(RULE, version=400, latest_version=500, draft=500))
    versions.make(deploy=False)
    assert versions.stored == {400, 500, 501} | {499}


def test_a_smaller_limit_holds_from_the_next_version_on() -> None:
    versions = Versions(RULE)
    for _ in range(10):
        versions.make(deploy=True, kept=8)
    versions.make(deploy=True, kept=2)
    assert versions.stored == {11, 12}


def test_a_version_that_is_rolled_out_stays_until_that_is_over() -> None:
    rollout = Rollout(id="rol", kind=RolloutKind.CANARY, version=2, old_version=1, steps=(5.0,))
    versions = Versions(replace(RULE, latest_version=2, rollout=rollout))
    for _ in range(10):
        versions.make(deploy=False)
    assert 2 in versions.stored
    versions.rule = replace(versions.rule, rollout=rollout.ended(RolloutState.STOPPED, "", now_ms=1))
    versions.make(deploy=False)
    versions.make(deploy=False)
    assert 2 not in versions.stored
