"""What a version used, read from a tape of its flow."""

from __future__ import annotations

from rulemint_gateway.management.rules.power import MAX_POWER, power_of, used_on
from rulemint_shared.contract.messages import ClientView, Invocation, RequestView, RuleRef
from rulemint_shared.contract.records import Language, Power, RuleVersion
from rulemint_shared.contract.tapes import Called, RuleTape, Tape

TEXT = RuleVersion(
    rule_id="rul_2", version=4, script="", language=Language.PYTHON, created_at_ms=1, allow_hosts=("a.b",)
)
INVOCATION = Invocation(
    id="exc_1",
    tenant="acme",
    client=ClientView(tenant="acme", id="robot", name="Robot", metadata={}),
    audience="https://api/",
    scope=["read"],
    request=RequestView(ip="192.0.2.1", user_agent="curl", body={}),
    flow=[RuleRef(rule_id="rul_1", name="one", version=1), RuleRef(rule_id="rul_2", name="two", version=4)],
    deadline_ms=1,
    enqueued_at_ms=0,
)
FIRST = RuleTape(rule="one", version=1, outcome="granted", scope=["read", "first"], claims={"a": 1, "b": 1})
SECOND = RuleTape(
    rule="two",
    version=4,
    outcome="granted",
    scope=["first", "more"],
    claims={"a": 1, "b": 2, "c": 3},
    events=[Called(method="GET", url="https://me:secret@a.b/x"), Called(method="GET", url="https://refused.example/")],
)


def a_tape(*rules: RuleTape) -> Tape:
    return Tape(build="1", at_ms=1, invocation=INVOCATION, rules=list(rules))


def test_what_rules_before_it_did_is_not_its_own() -> None:
    (used,) = used_on(a_tape(FIRST, SECOND), TEXT)
    assert power_of([used], TEXT) == Power(
        claims=("b", "c"), scopes=("more",), hosts=("a.b",), audiences=("https://api/",)
    )


def test_a_flow_that_ended_before_it_or_had_another_version_shows_nothing() -> None:
    assert list(used_on(a_tape(FIRST), TEXT)) == []
    other = RuleVersion(rule_id="rul_2", version=5, script="", language=Language.PYTHON, created_at_ms=1)
    assert list(used_on(a_tape(FIRST, SECOND), other)) == []


def test_more_than_can_be_listed_is_not_known() -> None:
    assert power_of([Power(claims=tuple(map(str, range(MAX_POWER + 1))))], TEXT) is None
