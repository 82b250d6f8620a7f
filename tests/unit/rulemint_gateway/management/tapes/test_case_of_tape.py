"""A tape becomes a case: the request as one rule saw it, and what of its end would come again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.tapes.case_of_tape import case_of, place_of
from rulemint_gateway.management.tapes.cases import LATER_MS, a_day_later
from rulemint_shared.cases.format import MAX_EXPECTED, first_problem
from rulemint_shared.contract.messages import (
    ClientView,
    DenialCode,
    Denied,
    Dropped,
    Ending,
    Granted,
    Invocation,
    Outcome,
    RequestView,
    RuleRef,
    RuleReport,
)
from rulemint_shared.contract.tapes import Answered, Called, Drew, RuleTape, Tape

FIRST = RuleTape(rule="first", version=1, outcome="granted", scope=["read"], claims={"plan": "gold"})
SECOND = RuleTape(rule="second", version=2, outcome="granted", scope=["read"], claims={"plan": "gold", "limit": 5})
ALONE = msgspec.structs.replace(FIRST, seed=3, now_ms=1_000.0)


def a_tape(*rules: RuleTape, **more: Any) -> Tape:
    request = RequestView(ip="192.0.2.1", user_agent="curl", body={"grant_type": "x"}, **more.pop("request", {}))
    invocation = Invocation(
        id="exc_0123456789abcdef0123456789ab",
        tenant="acme",
        client=ClientView(tenant="acme", id="robot", name="Robot", metadata=more.pop("metadata", {"plan": "gold"})),
        audience="https://api/",
        scope=["read", "write"],
        request=request,
        flow=[RuleRef(rule_id=f"rul_{each}", name=each, version=1, secrets_revision=0) for each in ("first", "second")],
        deadline_ms=1,
        enqueued_at_ms=0,
    )
    outcome = more.pop("outcome", rules[-1].outcome if rules else "")
    return Tape(build="1", at_ms=1, invocation=invocation, rules=list(rules), outcome=outcome, **more)


def an_ending(*reports: RuleReport, outcome: Outcome | None = None) -> Ending:
    return Ending(invocation="exc_1", outcome=outcome or Granted(scope=[]), reports=list(reports))


def a_report(rule: str = "first", *, claims: dict[str, Any], **more: Any) -> RuleReport:
    given = {"scope_given": ["read", "write"], "scope_removed": ["write"], **more}
    return RuleReport(rule=rule, version=1, claims_set=claims, **given)


def test_a_rule_alone_expects_exactly_its_claims_and_scopes() -> None:
    case, said = case_of(a_tape(FIRST), 0, an_ending(a_report(claims={"plan": "gold"})), "")
    assert msgspec.to_builtins(case) == {
        "name": "Robot is granted (456789ab)",
        "client": {"id": "robot", "name": "Robot", "metadata": {"plan": "gold"}},
        "audience": "https://api/",
        "scope": ["read", "write"],
        "ip": "192.0.2.1",
        "user_agent": "curl",
        "body": {"grant_type": "x"},
        "expect": {"claims": {"plan": "gold"}, "scope": ["read"]},
    }
    assert said == []
    assert first_problem([case]) is None


def test_what_differs_a_day_later_is_not_expected_and_named() -> None:
    again = an_ending(a_report(claims={"plan": "silver"}, scope_removed=[]))
    case, said = case_of(a_tape(FIRST), 0, again, "n")
    assert (case.expect.claims, case.expect.claims_include, case.expect.scope) == (UNSET, UNSET, UNSET)
    assert said == [
        "not expected, because they change or are masked: the claims plan",
        "not expected, because they change: the scopes",
    ]
    assert first_problem([case]) is not None, "a case that expects nothing is refused"


def test_a_later_rule_begins_with_what_the_one_before_left_and_expects_its_own_claims() -> None:
    again = an_ending(a_report(claims={}), a_report("second", claims={"limit": 5}, scope_given=["read"]))
    case, said = case_of(a_tape(FIRST, SECOND), 1, again, "n")
    assert case.scope == ["read"]
    assert (case.expect.claims, case.expect.claims_include) == (UNSET, {"limit": 5})
    assert said == ["not in the case: the claims of the rules before it, so the rule does not see them"]


def test_what_was_left_out_is_expected_to_be_left_out_again() -> None:
    dropped = [Dropped(name="iss", why="reserved")]
    case, _said = case_of(a_tape(FIRST), 0, an_ending(a_report(claims={"plan": "gold"}, dropped=dropped)), "n")
    assert case.expect.left_out == ["iss"]


def test_a_refusal_has_its_code_and_words_unless_these_change_or_are_masked() -> None:
    tape = a_tape(RuleTape(rule="first", version=1, outcome="denied"), message="no plan")
    same = an_ending(outcome=Denied(code=DenialCode.ACCESS_DENIED, message="no plan"))
    case, _said = case_of(tape, 0, same, "n")
    assert msgspec.to_builtins(case.expect) == {"refused": {"error": "access_denied", "description": "no plan"}}
    other = an_ending(outcome=Denied(code=DenialCode.ACCESS_DENIED, message="no plan at 5"))
    case, said = case_of(tape, 0, other, "n")
    assert msgspec.to_builtins(case.expect) == {"refused": {"error": "access_denied"}}
    assert said == ["not expected, because they change: the words of the error"]
    masked = msgspec.structs.replace(tape, message="no ***")
    assert msgspec.to_builtins(case_of(masked, 0, None, "n")[0].expect) == {"refused": {}}


def test_without_a_second_look_all_is_expected_and_the_reader_is_told_to_look() -> None:
    case, said = case_of(a_tape(FIRST), 0, None, "n")
    assert case.expect.claims == {"plan": "gold"}
    assert said == ["not known: which values change with time or chance. Look through what the case expects"]


def test_a_masked_claim_is_not_expected_and_masked_inputs_are_named() -> None:
    rule = msgspec.structs.replace(FIRST, claims={"plan": "gold", "echo": {"of": "***"}})
    tape = a_tape(rule, masked=["client.metadata.api_key"], metadata={"api_key": "***"})
    case, said = case_of(tape, 0, an_ending(a_report(claims={"plan": "gold", "echo": {"of": "***"}})), "n")
    assert case.expect.claims_include == {"plan": "gold"}
    assert said[0] == "masked on the tape, so *** in the case: client.metadata.api_key"


def test_an_input_that_no_case_may_have_is_left_out_and_named() -> None:
    tape = a_tape(FIRST, request={"headers": {f"h{number}": "x" for number in range(MAX_EXPECTED)}})
    case, said = case_of(tape, 0, an_ending(a_report(claims={"plan": "gold"})), "n")
    assert case.headers is UNSET
    assert said == ["not in the case: headers, larger than a case may have"]


@pytest.mark.parametrize(
    ("tape", "says"),
    [
        pytest.param(
            a_tape(RuleTape(rule="first", version=1, outcome="failed:no_runner")), "no rule decided", id="ours"
        ),
        pytest.param(
            a_tape(msgspec.structs.replace(FIRST, cut="only the summary fits"), cut="only the summary fits"),
            "write the case by hand",
            id="a cut tape",
        ),
    ],
)
def test_what_says_nothing_about_the_rule_is_no_case_and_the_refusal_says_why(tape: Tape, says: str) -> None:
    with pytest.raises(ConflictError, match=says):
        case_of(tape, 0, None, "")


def test_the_rule_is_the_only_one_the_one_that_ended_it_or_the_one_that_is_named() -> None:
    two = a_tape(FIRST, SECOND)
    assert place_of(a_tape(FIRST), "") == 0
    assert place_of(a_tape(FIRST, RuleTape(rule="second", version=1, outcome="denied")), "") == 1
    assert [place_of(two, "second"), place_of(two, "rul_first")] == [1, 0]
    with pytest.raises(InvalidBodyError, match="first, second"):
        place_of(two, "")
    with pytest.raises(InvalidBodyError, match="No rule third ran"):
        place_of(two, "third")
    with pytest.raises(ConflictError, match="No rule ran"):
        place_of(a_tape(), "")


def test_a_day_later_has_another_clock_and_seed_and_none_of_the_draws() -> None:
    called, answered = Called(method="GET", url="https://a/"), Answered(to=1, now_ms=2_000.0)
    tape = a_tape(msgspec.structs.replace(ALONE, events=[called, Drew(kind="random", data=b"x"), answered]))
    (rule,) = a_day_later(tape).rules
    assert rule.events == [called, msgspec.structs.replace(answered, now_ms=2_000.0 + LATER_MS)]
    assert rule.now_ms == 1_000.0 + LATER_MS
    assert rule.seed != ALONE.seed
