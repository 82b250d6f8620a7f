from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.nouns.fields import MAX_SCRIPT_CHARACTERS
from rulemint_gateway.management.rules.texts import TextChange, check_script_length, deployed
from rulemint_gateway.stores.writing.calls import CALL, Call
from rulemint_shared.contract.records import Language, Rule, RuleVersion


def version(number: int, script: str = "x") -> RuleVersion:
    return RuleVersion(rule_id="r", version=number, script=script, language=Language.JAVASCRIPT)


def rule(**fields: Any) -> Rule:
    return Rule(id="r", name="r", **fields)


def pointers(rule: Rule) -> tuple[int, int, int]:
    """(what runs, the draft, the latest number)."""
    return rule.version, rule.draft, rule.latest_version


def changed(before: Rule, base: RuleVersion, *, draft: bool, **fields: Any) -> tuple[Rule, RuleVersion]:
    return TextChange(based_on=base, fields=fields, draft=draft).applied_to(before, base)


@pytest.mark.parametrize(
    ("before", "base", "draft", "after"),
    [
        pytest.param({}, 1, False, (2, 0, 2), id="a change runs at once"),
        pytest.param({}, 1, True, (1, 2, 2), id="a draft does not run"),
        pytest.param({"draft": 2, "latest_version": 2}, 2, True, (1, 3, 3), id="a draft replaces a draft"),
        pytest.param({"draft": 2, "latest_version": 2}, 1, False, (3, 2, 3), id="a change leaves a draft alone"),
        pytest.param({"version": 0, "draft": 1}, 1, True, (0, 2, 2), id="a draft before anything was deployed"),
        pytest.param({"version": 0, "draft": 1}, 1, False, (2, 0, 2), id="a first change that is deployed"),
        pytest.param({"latest_version": 5}, 1, False, (6, 0, 6), id="after a roll-back numbers go on"),
    ],
)
def test_a_changed_text_is_the_next_version(
    before: dict[str, Any], base: int, *, draft: bool, after: tuple[int, int, int]
) -> None:
    patched, text = changed(rule(**before), version(base), draft=draft, script="y")
    assert pointers(patched) == after
    assert (text.version, text.script) == (patched.latest_version, "y")


def test_a_text_that_is_the_same_is_no_version() -> None:
    assert changed(rule(), version(1), draft=False, script="x") == (rule(), version(1))
    assert changed(rule(), version(1), draft=True, script="x") == (rule(), version(1))


def test_a_change_of_nothing_deploys_nothing() -> None:
    undeployed = rule(version=0, draft=1)
    assert changed(undeployed, version(1), draft=False) == (undeployed, version(1))


def test_a_change_that_is_based_on_another_text_is_refused() -> None:
    change = TextChange(based_on=version(1), fields={"script": "y"}, draft=False)
    with pytest.raises(ConflictError):
        change.applied_to(rule(version=2, latest_version=2), version(2, "z"))


def test_deploying_another_version_than_the_draft_keeps_the_draft() -> None:
    before = rule(version=2, draft=3, latest_version=3)
    assert pointers(deployed(before, version(1))) == (1, 3, 3)
    assert pointers(deployed(before, version(3))) == (3, 0, 3)


def test_deploying_a_text_of_another_language_changes_the_language_of_the_rule() -> None:
    text = msgspec.structs.replace(version(1), language=Language.PYTHON)
    assert deployed(rule(version=2, latest_version=2), text).language is Language.PYTHON


def test_a_version_is_by_whoever_calls() -> None:
    token = CALL.set(Call(tenant="default", client_id="admin"))
    try:
        _rule, text = changed(rule(), version(1), draft=False, script="y")
    finally:
        CALL.reset(token)
    assert text.created_by == "admin"


@pytest.mark.parametrize("character", ["x", "ü"])
def test_a_script_that_exceeds_the_size_limit_is_refused(character: str) -> None:
    check_script_length({"script": character * MAX_SCRIPT_CHARACTERS})
    with pytest.raises(InvalidBodyError, match=r"Script exceeds the size limit: .* 262144 characters") as refused:
        check_script_length({"script": character * (MAX_SCRIPT_CHARACTERS + 1)})
    assert refused.value.field == "script"
