from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rulemint_shared.cases.differences import Seen, SeenCall, SeenLine, differences, is_equal
from rulemint_shared.cases.format import Expected

GRANTED = Seen(
    outcome="granted",
    scope=["read", "write"],
    claims={"plan": "gold", "limit": 10},
    left_out=["iss", "scope admin"],
    lines=[SeenLine(level="info", message="hello acme"), SeenLine(level="warn", message="left out iss: reserved")],
    calls=[
        SeenCall(method="GET", host="plans.example.com", status=200),
        SeenCall(method="POST", host="plans.example.com", status=None),
    ],
)
DENIED = Seen(
    outcome="denied", scope=[], claims={}, left_out=[], lines=[], calls=[], error="access_denied", message="no plan"
)
FAILED = Seen(
    outcome="failed:exception",
    scope=[],
    claims={},
    left_out=[],
    lines=[],
    calls=[],
    error="exception",
    message="x is 1",
)


def found(seen: Seen, **expected: Any) -> list[str]:
    return differences(msgspec.convert(expected, Expected), seen)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(GRANTED, {"claims": {"limit": 10.0, "plan": "gold"}}, id="exactly these claims"),
        pytest.param(GRANTED, {"claims_include": {"plan": "gold"}}, id="claims among others"),
        pytest.param(GRANTED, {"claims_absent": ["role"]}, id="no such claim"),
        pytest.param(GRANTED, {"scope": ["write", "read"]}, id="scopes in any order"),
        pytest.param(GRANTED, {"scope_include": ["read"], "scope_absent": ["admin"]}, id="some scopes"),
        pytest.param(GRANTED, {"left_out": ["scope admin", "iss"]}, id="left out"),
        pytest.param(GRANTED, {"log": ["hello", {"message": "iss", "level": "warn"}]}, id="lines"),
        pytest.param(GRANTED, {"calls": [{"status": None}, {"method": "GET", "status": 200}]}, id="calls in any order"),
        pytest.param(
            GRANTED, {"calls": [{"host": "plans.example.com"}, {"method": "GET"}]}, id="the fuller call first"
        ),
        pytest.param(DENIED, {"refused": {}}, id="any refusal"),
        pytest.param(DENIED, {"refused": {"error": "access_denied", "description": "no plan"}}, id="a refusal"),
        pytest.param(FAILED, {"failed": {"reason": "exception", "message": "is"}}, id="a failure"),
    ],
)
def test_a_case_holds_when_what_it_expects_happened(seen: Seen, expected: dict[str, Any]) -> None:
    assert found(seen, **expected) == []


@pytest.mark.parametrize(
    ("seen", "expected", "said"),
    [
        pytest.param(GRANTED, {"claims": {"plan": "gold"}}, ["claims.limit: expected none, got 10"], id="a claim more"),
        pytest.param(
            GRANTED,
            {"claims_include": {"plan": "free", "role": "x"}},
            ['claims.plan: expected "free", got "gold"', 'claims.role: expected "x", got none'],
            id="another value and a missing claim",
        ),
        pytest.param(GRANTED, {"claims": {}}, 2, id="no claims at all"),
        pytest.param(GRANTED, {"claims_absent": ["plan"]}, ['claims.plan: expected none, got "gold"'], id="a claim"),
        pytest.param(GRANTED, {"scope": ["read"]}, ["scope: expected read, got read write"], id="one more scope"),
        pytest.param(GRANTED, {"scope": []}, ["scope: expected none, got read write"], id="no scope"),
        pytest.param(GRANTED, {"scope_include": ["x"]}, ["scope: expected x, got read write"], id="a missing scope"),
        pytest.param(GRANTED, {"scope_absent": ["read"]}, ["scope: expected no read, got read write"], id="a scope"),
        pytest.param(GRANTED, {"left_out": []}, ["left_out: expected none, got iss scope admin"], id="left out"),
        pytest.param(GRANTED, {"log": [{"message": "hello", "level": "warn"}]}, 1, id="a line of another level"),
        pytest.param(GRANTED, {"calls": [{"status": 200}]}, 1, id="one call more"),
        pytest.param(GRANTED, {"calls": []}, 2, id="no call"),
        pytest.param(
            GRANTED,
            {"refused": {}},
            ['a refusal is expected, but it granted read write and the claims {"plan":"gold","limit":10}'],
            id="a grant in place of a refusal",
        ),
        pytest.param(
            DENIED,
            {"claims": {"plan": "gold"}, "scope": ["read"]},
            ["a grant is expected, but it refused with access_denied: no plan"],
            id="a refusal in place of a grant",
        ),
        pytest.param(
            FAILED, {"scope": []}, ["a grant is expected, but it failed by exception: x is 1"], id="a failure"
        ),
        pytest.param(
            DENIED,
            {"refused": {"error": "invalid_scope", "description": "no"}},
            [
                "refused.error: expected invalid_scope, got access_denied",
                'refused.description: expected "no", got "no plan"',
            ],
            id="another refusal",
        ),
        pytest.param(
            FAILED, {"failed": {"reason": "timeout"}}, ["failed.reason: expected timeout, got exception: x is 1"],
            id="another failure",
        ),
    ],
)  # fmt: skip
def test_each_difference_is_one_line(seen: Seen, expected: dict[str, Any], said: list[str] | int) -> None:
    lines = found(seen, **expected)
    assert (len(lines) if isinstance(said, int) else lines) == said
    assert all("\n" not in line for line in lines)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True), (1, True, False), (0, False, False), ("1", 1, False), (None, None, True), (None, False, False),
        ([1, {"a": [True]}], [1.0, {"a": [True]}], True), ([1, {"a": [True]}], [1, {"a": [1]}], False),
        ({"a": 1}, {"a": 1, "b": 2}, False), ([], {}, False), ([1, 2], [2, 1], False),
    ],
)  # fmt: skip
def test_values_are_compared_as_json(one: Any, other: Any, *, equal: bool) -> None:
    assert is_equal(one, other) is equal
    assert is_equal(other, one) is equal


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ({}, "it expects nothing"),
        ({"refused": {}, "failed": {}}, "cannot have refused and failed"),
        ({"refused": {}, "claims": {}, "scope_absent": []}, "leave out claims and scope_absent"),
        ({"failed": {}, "scope": []}, "no token if the rule has failed"),
    ],
)
def test_what_contradicts_itself_is_a_problem(expected: dict[str, Any], problem: str) -> None:
    assert problem in str(msgspec.convert(expected, Expected).problem())
