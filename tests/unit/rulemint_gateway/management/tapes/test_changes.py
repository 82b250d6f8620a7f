"""What ``--set`` changes of a taped request, and what it refuses."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.tapes.changes import changed
from rulemint_shared.contract.messages import ClientView, Invocation, RequestView, RuleRef

TAPED = Invocation(
    id="exc_1",
    tenant="acme",
    client=ClientView(tenant="acme", id="robot", name="Robot", metadata={"plan": "silver"}),
    audience="https://api/",
    scope=["read", "list"],
    request=RequestView(
        ip="192.0.2.1", user_agent="curl", body={"a": 1}, headers={"x-a": "1"}, query={"q": "1"}, hostname="h"
    ),
    flow=[RuleRef(rule_id="rul_1", name="plan", version=2)],
    deadline_ms=1,
    enqueued_at_ms=0,
)


@pytest.mark.parametrize(
    ("change", "place", "wanted"),
    [
        ("client.metadata.plan=gold", "client.metadata", {"plan": "gold"}),
        ("client.metadata.a.b=c=d", "client.metadata", {"plan": "silver", "a.b": "c=d"}),
        ("client.metadata.plan-=", "client.metadata", {}),
        ("client.name=Other", "client.name", "Other"),
        ('request.body.seats:={"n": [1]}', "request.body", {"a": 1, "seats": {"n": [1]}}),
        ("request.requested_scopes+=write", "request.requested_scopes", ["write"]),
        ("scope=write", "scope", ["write"]),
        ("scope+=write read", "scope", ["read", "list", "write"]),
        ("scope-=read", "scope", ["list"]),
        ("scope=", "scope", []),
        ("audience=https://other/", "audience", "https://other/"),
        ("request.headers.X-A=2", "request.headers", {"x-a": "2"}),
        ("request.query.q-=", "request.query", {}),
        ("request.body.b=x", "request.body", {"a": 1, "b": "x"}),
        ("request.ip=198.51.100.7", "request.ip", "198.51.100.7"),
    ],
)
def test_a_change_changes_its_place_and_nothing_else(change: str, place: str, wanted: Any) -> None:
    invocation, told = changed(TAPED, [change])
    before, after = msgspec.to_builtins(TAPED), msgspec.to_builtins(invocation)
    *path, last = place.split(".")
    for name in path:
        before, after = before[name], after[name]
    assert after.pop(last) == wanted
    before.pop(last)
    assert after == before
    assert len(told) == 1


def test_changes_follow_each_other_and_each_says_what_it_changed() -> None:
    _invocation, told = changed(TAPED, ["scope+=write", "scope-=read"])
    assert [(each.before, each.after) for each in told] == [
        ("read list", "read list write"),
        ("read list write", "list write"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "plan",
        "=gold",
        "client.id=other",
        "client.tenant=other",
        "flow=x",
        "tenant=other",
        "replay=x",
        "client.metadata+=x",
        "client.metadata.plan+=x",
        "client.metadata.plan-=gold",
        "client.metadata.plan:=1",
        "client.metadata.=x",
        "request.body.a:=no json",
        "request.body.a:=" + "[" * 1_000 + "]" * 1_000,
        "scope:=1",
        "request.headers=x",
        "scope=\x00",
        "audience+=x",
        "__class__.x=y",
    ],
)
def test_what_is_no_change_is_refused_and_the_field_is_named(change: str) -> None:
    with pytest.raises(InvalidBodyError) as refused:
        changed(TAPED, ["scope=read", change])
    assert refused.value.field == "set[1]"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("audience+=x", "audience takes =, and not +="),
        ("scope:=1", "scope takes =, += and -=, and not :="),
        ("client.metadata.plan:=1", "client.metadata.NAME takes = and -=, and not :="),
        ("request.body.a+=1", "request.body.NAME takes =, -= and :=, and not +="),
        ("request.headers.-=", "request.headers. lacks a name: write request.headers.NAME-="),
        ("plan=gold", "plan cannot be changed. You can change scope, "),
    ],
)
def test_a_refusal_says_what_to_write(change: str, says: str) -> None:
    with pytest.raises(InvalidBodyError) as refused:
        changed(TAPED, [change])
    assert refused.value.message.startswith(says)
