from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_runner.flow.claim_names import RESERVED
from rulemint_runner.flow.granting import BEYOND_GRANT, MAX_DEPTH, NO_SCOPE
from rulemint_runner.flow.results import RuleResult, interpret
from rulemint_runner.hosts.wire.forms import Form
from rulemint_runner.hosts.wire.frames import BadReturn, Refused, Returned, Threw
from rulemint_shared.contract import codecs
from rulemint_shared.contract.messages import (
    MAX_DENIAL,
    MAX_DETAIL,
    DenialCode,
    Denied,
    Dropped,
    Ending,
    Endings,
    Failed,
    FailureReason,
    Granted,
    Outcome,
    RuleReport,
)
from rulemint_shared.contract.records import MAX_RESULT_BYTES
from rulemint_shared.scopes import MAX_SCOPES

GIVEN = Granted(scope=["a", "b"])
GRANT = ["a", "b", "c"]
CLAIM = "https://example.com/plan"


def result_of(
    value: Any, *, form: Form = Form.OWN, given: Granted = GIVEN, scope_ceiling: list[str] | None = None
) -> RuleResult:
    """What becomes of *value*, in the shape that *form* has."""
    if form is Form.ACTION:
        scope = {"scope": value["scope"]} if "scope" in value else {}
        value = {"claims": {name: claim for name, claim in value.items() if name != "scope"}, **scope}
    return result_of_text(json.dumps(value), form=form, given=given, scope_ceiling=scope_ceiling)


def result_of_text(
    text: str, *, form: Form = Form.OWN, given: Granted = GIVEN, scope_ceiling: list[str] | None = None
) -> RuleResult:
    answer = Returned(n=1, form=form, value=text)
    return interpret(answer, given=given, scope_ceiling=scope_ceiling, grant_scope=GRANT)


def granted(result: RuleResult) -> Granted:
    assert isinstance(result.outcome, Granted), result.outcome
    return result.outcome


def why_bad(result: RuleResult) -> str:
    assert isinstance(result.outcome, Failed), result.outcome
    assert result.outcome.reason is FailureReason.BAD_RESULT
    return result.outcome.detail


# ---- scopes ----


@pytest.mark.parametrize("form", Form, ids=str)
@pytest.mark.parametrize(
    ("returned", "left"),
    [
        pytest.param(["c"], ["c"], id="other scopes"),
        pytest.param([], [], id="none"),
        pytest.param(["b", "c", "b", "a"], ["b", "c", "a"], id="repeated scopes"),
    ],
)
def test_a_returned_scope_replaces_the_scopes(form: Form, returned: list[str], left: list[str]) -> None:
    result = result_of({"scope": returned}, form=form)
    assert result == RuleResult(outcome=Granted(scope=left))


def test_without_a_scope_our_own_form_leaves_the_scopes() -> None:
    assert granted(result_of({}, form=Form.OWN)).scope == ["a", "b"]


def test_without_a_scope_an_auth0_form_leaves_none_as_it_did_there() -> None:
    assert granted(result_of({}, form=Form.AUTH0)).scope == []


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        pytest.param("a b", "a string", id="string"),
        pytest.param(None, "is null", id="null"),
        pytest.param({"a": True}, "an object", id="object"),
        pytest.param(7, "a number", id="number"),
        pytest.param(True, "a boolean", id="boolean"),
        pytest.param(["a"] * (MAX_SCOPES + 1), f"{MAX_SCOPES} are allowed", id="too many"),
    ],
)
def test_a_scope_that_is_no_short_list_is_a_bad_result(scope: object, named: str) -> None:
    detail = why_bad(result_of({"scope": scope}))
    assert detail.startswith("scope ")
    assert named in detail


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("", id="empty"),
        pytest.param("a b", id="space"),
        pytest.param('say"hi"', id="quote"),
        pytest.param("a\\b", id="backslash"),
        pytest.param("a\n", id="line end"),
        pytest.param("ü", id="beyond ASCII"),
        pytest.param("x" * 257, id="too long"),
        pytest.param(7, id="number"),
        pytest.param(None, id="null"),
        pytest.param(["a"], id="list"),
    ],
)
def test_a_malformed_scope_is_a_bad_result_that_shows_it(item: object) -> None:
    """RFC 6749 §3.3, scope-token."""
    detail = why_bad(result_of({"scope": ["a", item]}))
    assert detail.startswith("scope holds ")
    assert detail.endswith(", which is no scope")


def test_scopes_of_the_largest_number_and_length_are_taken() -> None:
    scope = [f"{number:0256}" for number in range(MAX_SCOPES // 5)]
    assert granted(result_of({"scope": scope})).scope == scope
    scope = [str(number) for number in range(MAX_SCOPES)]
    assert granted(result_of({"scope": scope})).scope == scope


def test_a_scope_beyond_the_ceiling_is_dropped_and_named() -> None:
    result = result_of({"scope": ["c", "a", "d"]}, scope_ceiling=["a", "b"])
    why = "the API allows only scopes of the client grant"
    assert result == RuleResult(
        outcome=Granted(scope=["a"]), dropped=[Dropped(name="scope c", why=why), Dropped(name="scope d", why=why)]
    )


def test_a_ceiling_of_nothing_leaves_nothing() -> None:
    assert granted(result_of({"scope": ["a"]}, scope_ceiling=[])).scope == []


def test_an_action_may_add_only_scopes_of_the_client_grant_and_keeps_what_it_was_given() -> None:
    given = Granted(scope=["a", "extra"])
    result = result_of({"scope": ["a", "extra", "c", "d"]}, form=Form.ACTION, given=given)
    assert result == RuleResult(
        outcome=Granted(scope=["a", "extra", "c"]), dropped=[Dropped(name="scope d", why=BEYOND_GRANT)]
    )


def test_without_a_scope_an_action_leaves_the_scopes() -> None:
    assert granted(result_of({}, form=Form.ACTION)).scope == ["a", "b"]


def test_an_action_sets_plain_and_namespaced_claims_and_none_named_scope() -> None:
    text = json.dumps({"claims": {"plan": "gold", CLAIM: 1, "scope": "forged", "urn:auth0:x": 1}})
    result = result_of_text(text, form=Form.ACTION)
    assert granted(result) == Granted(scope=["a", "b"], claims={"plan": "gold", CLAIM: 1})
    assert [dropped.name for dropped in result.dropped] == ["scope", "urn:auth0:x"]


@pytest.mark.parametrize("text", ["{}", '{"claims": []}', '{"plan": "gold"}'], ids=["nothing", "a list", "others"])
def test_the_result_of_an_action_without_claims_is_a_bad_result(text: str) -> None:
    assert "no claims" in why_bad(result_of_text(text, form=Form.ACTION))


def test_without_a_ceiling_a_rule_may_add_scopes() -> None:
    assert granted(result_of({"scope": ["a", "extra"]})).scope == ["a", "extra"]


# ---- claims ----


def test_our_own_form_sets_plain_and_namespaced_claims() -> None:
    claims = {"plan": "gold", CLAIM: {"since": 2020, "tags": ["x", None, 1.5, True]}}
    assert result_of(claims) == RuleResult(outcome=Granted(scope=["a", "b"], claims=claims))


def test_an_auth0_form_sets_namespaced_claims_and_names_what_it_left_out() -> None:
    result = result_of({"scope": ["a"], CLAIM: 1, "plan": "gold"}, form=Form.AUTH0)
    assert granted(result).claims == {CLAIM: 1}
    (dropped,) = result.dropped
    assert dropped.name == "plan"
    assert "URL" in dropped.why


@pytest.mark.parametrize("form", Form, ids=str)
def test_no_form_sets_a_reserved_claim_and_each_is_named(form: Form) -> None:
    claims = dict.fromkeys(RESERVED - {"scope"}, "forged")
    result = result_of({**claims, "scope": []}, form=form)
    assert granted(result).claims == {}
    assert {(dropped.name, dropped.why) for dropped in result.dropped} == {
        (name, "the name is reserved") for name in claims
    }


def test_a_hook_without_a_scope_is_told_that_its_scopes_are_gone() -> None:
    result = result_of({}, form=Form.AUTH0)
    assert granted(result).scope == []
    assert [(entry.name, entry.why) for entry in result.dropped] == [("scope", NO_SCOPE)]
    assert result_of({"scope": []}, form=Form.AUTH0).dropped == []
    assert result_of({}, form=Form.AUTH0, given=Granted(scope=[])).dropped == []
    assert result_of({}, form=Form.OWN).dropped == []


def test_claims_accumulate_over_rules_and_the_later_rule_wins() -> None:
    given = Granted(scope=["a"], claims={"first": 1, "both": 1})
    assert granted(result_of({"both": 2, "second": 2}, given=given)).claims == {"first": 1, "both": 2, "second": 2}


def test_what_the_rules_before_left_is_never_changed() -> None:
    given = Granted(scope=["a"], claims={"first": 1})
    result_of({"scope": [], "second": 2}, given=given)
    assert given == Granted(scope=["a"], claims={"first": 1})


# ---- results that are none ----


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("", "not JSON", id="nothing"),
        pytest.param("{", "not JSON", id="half an object"),
        pytest.param('{"a": NaN}', "not JSON", id="NaN"),
        pytest.param('{"a": 1e999}', "not JSON", id="infinity"),
        pytest.param('{"a": "\\ud800"}', "not JSON", id="lone surrogate, escaped"),
        pytest.param('{"a": "\ud800"}', "not JSON", id="lone surrogate"),
        pytest.param('{"a": ' + "9" * 10_000 + "}", "not JSON", id="ten thousand digits"),
        pytest.param("[" * 10_000, "not JSON", id="nested without end"),
        pytest.param("[]", "is a list, not an object", id="list"),
        pytest.param('"yes"', "is a string, not an object", id="string"),
        pytest.param("true", "is a boolean, not an object", id="boolean"),
        pytest.param("1.5", "is a number, not an object", id="number"),
        pytest.param("null", "is null, not an object", id="null"),
    ],
)
def test_a_result_that_is_no_object_is_a_bad_result(text: str, named: str) -> None:
    assert named in why_bad(result_of_text(text))


@pytest.mark.parametrize("wrap", [lambda inner: {"a": inner}, lambda inner: [inner]], ids=["objects", "lists"])
def test_a_result_may_be_nested_to_the_largest_depth_and_no_deeper(wrap: Any) -> None:
    value: Any = []
    for _ in range(MAX_DEPTH - 2):
        value = wrap(value)
    assert granted(result_of({"claim": value})).claims == {"claim": value}
    assert f"deeper than {MAX_DEPTH}" in why_bad(result_of({"claim": wrap(value)}))


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63)], ids=["largest", "smallest"])
def test_an_integer_of_64_bits_is_taken(number: int) -> None:
    assert granted(result_of({"claim": [number]})).claims == {"claim": [number]}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1], ids=["above", "below"])
def test_an_integer_beyond_64_bits_is_a_bad_result(number: int) -> None:
    assert "64 bits" in why_bad(result_of({"claim": [{"deep": number}]}))


def test_a_result_may_have_as_many_bytes_as_its_limit_says_whatever_its_characters_are() -> None:
    room = MAX_RESULT_BYTES - len('{"claim":""}')
    fits, too_large = "ü" * (room // 2), "ü" * (room // 2 + 1)
    assert granted(result_of_text(f'{{"claim":"{fits}"}}')).claims == {"claim": fits}
    assert str(MAX_RESULT_BYTES) in why_bad(result_of_text(f'{{"claim":"{too_large}"}}'))


# ---- other answers ----


@pytest.mark.parametrize("code", DenialCode, ids=str)
def test_a_refusal_denies_with_its_code_and_its_words(code: DenialCode) -> None:
    result = interpret(Refused(n=1, code=code, message="not you"), given=GIVEN, scope_ceiling=None)
    assert result == RuleResult(outcome=Denied(code=code, message="not you"))


def test_a_refusal_that_named_no_oauth_error_says_so() -> None:
    answer = Refused(n=1, code=DenialCode.ACCESS_DENIED, message="no", plain=True)
    outcome = interpret(answer, given=GIVEN, scope_ceiling=None).outcome
    assert outcome == Denied(code=DenialCode.ACCESS_DENIED, message="no", plain=True)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(
            Threw(n=1, text="seed.js:1: no"), Failed(reason=FailureReason.EXCEPTION, detail="seed.js:1: no"), id="threw"
        ),
        pytest.param(
            Threw(n=1, text="MemoryError", out_of_memory=True),
            Failed(
                reason=FailureReason.OUT_OF_MEMORY,
                detail="MemoryError; the rule needs more than its memory_mb, which is 64 MiB: raise limits.memory_mb",
            ),
            id="out of memory",
        ),
        pytest.param(
            BadReturn(n=1, why="it does not serialise"),
            Failed(reason=FailureReason.BAD_RESULT, detail="it does not serialise"),
            id="bad return",
        ),
    ],
)
def test_a_rule_that_gave_no_answer_fails_with_a_reason(answer: Threw | BadReturn, outcome: Outcome) -> None:
    assert interpret(answer, given=GIVEN, scope_ceiling=None) == RuleResult(outcome=outcome)


def test_words_that_are_longer_than_a_message_may_carry_are_cut() -> None:
    refused = interpret(
        Refused(n=1, code=DenialCode.ACCESS_DENIED, message="x" * 10_000), given=GIVEN, scope_ceiling=None
    )
    threw = interpret(Threw(n=1, text="x" * 10_000), given=GIVEN, scope_ceiling=None)
    assert refused.outcome == Denied(code=DenialCode.ACCESS_DENIED, message="x" * MAX_DENIAL)
    assert threw.outcome == Failed(reason=FailureReason.EXCEPTION, detail="x" * MAX_DETAIL)


# ---- whatever a host says ----

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["scope", CLAIM, "plan", "iss", "https://auth0.com/x", ""]) | st.text()
TEXTS = st.one_of(
    st.text(),
    VALUES.map(json.dumps),
    st.dictionaries(NAMES, VALUES | st.lists(st.sampled_from(["a", "b", "c", "d e"]))).map(json.dumps),
)


@given(TEXTS, st.sampled_from(Form), st.none() | st.just(["a", "c"]))
def test_any_text_has_an_outcome_that_can_travel(text: str, form: Form, scope_ceiling: list[str] | None) -> None:
    result = result_of_text(text, form=form, scope_ceiling=scope_ceiling)
    outcome = result.outcome
    claims = outcome.claims if isinstance(outcome, Granted) else {}
    report = RuleReport(rule="seed", version=1, scope_given=["a"], claims_set=claims, dropped=result.dropped)
    sent = Endings(endings=[Ending(invocation="exc_1", outcome=outcome, reports=[report])])
    assert codecs.endings.decode(codecs.endings.encode(sent)) == sent


@given(st.dictionaries(NAMES, st.integers(0, 9)), st.sampled_from(Form))
def test_every_name_of_a_result_is_a_claim_or_is_named_as_dropped(value: dict[str, int], form: Form) -> None:
    value.pop("scope", None)
    result = result_of({**value, "scope": []}, form=form)
    dropped = [entry.name for entry in result.dropped]
    assert sorted([*granted(result).claims, *dropped]) == sorted(value)
    assert all(entry.why for entry in result.dropped)
