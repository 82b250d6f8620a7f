from __future__ import annotations

from rulemint_runner.tapes.shadow_results import different, parts_of, shown
from rulemint_shared.contract.log_records import MAX_SHOWN_CHANGES, MAX_SHOWN_VALUE, ShownChange
from rulemint_shared.contract.messages import DenialCode, Denied, Failed, FailureReason, Granted

LIVE = parts_of(Granted(scope=["a", "b"], claims={"plan": "old", "same": 1}))


def test_the_order_of_scopes_says_nothing() -> None:
    assert different(LIVE, parts_of(Granted(scope=["b", "a"], claims={"plan": "old", "same": 1}))) == set()


def test_claims_and_scopes_differ_each_by_itself() -> None:
    shadow = parts_of(Granted(scope=["a"], claims={"same": 1, "more": 2}))
    assert different(LIVE, shadow) == {"scope", "claims.plan", "claims.more"}
    assert shown(different(LIVE, shadow), LIVE, shadow) == [
        ShownChange(what="claims.more", before="", after="2"),
        ShownChange(what="claims.plan", before='"old"', after=""),
        ShownChange(what="scope", before='["a","b"]', after='["a"]'),
    ]


def test_if_the_outcome_differs_nothing_else_is_told() -> None:
    assert different(LIVE, parts_of(Denied(code=DenialCode.ACCESS_DENIED, message="no"))) == {"outcome"}


def test_two_refusals_in_other_words_differ_and_two_failures_do_not() -> None:
    one, other = (parts_of(Denied(code=DenialCode.ACCESS_DENIED, message=text)) for text in ("no", "never"))
    assert different(one, other) == {"message"}
    one, other = (parts_of(Failed(reason=FailureReason.TIMEOUT, detail=text)) for text in ("1 s", "2 s"))
    assert different(one, other) == set()


def test_what_is_shown_is_bounded_and_without_secrets() -> None:
    live = parts_of(Granted(scope=[], claims={}))
    claims = {f"claim {number}": "x" * 1_000 for number in range(30)} | {"api_key": "hidden", "b\ud800": "\ud800"}
    shadow = {"outcome": "granted", "scope": [], **{f"claims.{name}": value for name, value in claims.items()}}
    shadow.pop("claims.b\ud800")
    changes = shown(different(live, shadow), live, shadow)
    assert len(changes) == MAX_SHOWN_CHANGES
    assert changes[0] == ShownChange(what="claims.api_key", before="", after='"***"')
    assert {len(each.after) for each in changes[1:]} == {MAX_SHOWN_VALUE + 1}
