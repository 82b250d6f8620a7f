from __future__ import annotations

from io import StringIO
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rulemint_cli.rules.flow_report import show_tried_flow
from rulemint_cli.rules.trying import Call, ClaimChange, Dropped, Error, Line, Tried, TriedRule

NOW = "2026-11-24T08:00:00.000Z"
SEED = TriedRule(
    rule="seed",
    version=3,
    outcome="granted",
    scope_added=["extra"],
    scope_removed=["write"],
    claims_added={"plan": "gold"},
    claims_changed={"n": ClaimChange(1, [2])},
    dropped=[Dropped("iss", "it is reserved")],
    lines=[Line(NOW, "info", "one\ntwo"), Line(NOW, "warn", "left out iss: it is reserved")],
    calls=[Call("GET", "api.example.com", 200, 12.34, 99, "")],
    duration_ms=1.25,
)
QUIET: dict[str, Any] = {
    "scope_added": [], "scope_removed": [], "claims_added": {}, "claims_changed": {}, "dropped": [], "lines": [],
    "calls": [], "duration_ms": 2.0,
}  # fmt: skip
GRANTED = Tried(
    outcome="granted",
    scope=["read", "extra"],
    claims={"plan": "gold", "n": [2]},
    dropped=[],
    lines=[],
    lines_left_out=0,
    calls=[],
    duration_ms=3.25,
)
DRAFT = TriedRule(rule="plan", version=None, outcome="failed:exception", **QUIET)
ERROR = Error(code="exception", message="TypeError: no", file="plan.js", line=1, column=5, detail="TypeError: no")


def shown(tried: Tried, rules: list[TriedRule], *, script: str = "let x = y;\n") -> str:
    into = StringIO()
    show_tried_flow(tried, rules, file="my/plan.js", script=script, console=Console(file=into, width=100))
    return into.getvalue()


def test_a_flow_shows_what_each_rule_did_and_then_the_token() -> None:
    tried = msgspec.structs.replace(GRANTED, remarks=["there is no grant"])
    assert shown(tried, [SEED]).splitlines() == [
        "note  there is no grant",
        "1 seed  version 3  granted  1.2 ms",
        "  + scope  extra",
        "  - scope  write",
        '  + plan  "gold"',
        "  ~ n  1 → [2]",
        "  left out  iss: it is reserved",
        "  ↗  GET api.example.com → 200  12.3 ms, 99 bytes",
        "  info   one",
        "         two",
        "■ granted  3.2 ms",
        "  scope  read extra",
        '  plan  "gold"',
        "  n  [2]",
    ]


def test_the_rule_that_fails_shows_its_line_and_those_after_it_did_not_run() -> None:
    tried = msgspec.structs.replace(GRANTED, outcome="failed:exception", error=ERROR)
    later = TriedRule(rule="later", version=1, outcome="not_run", **QUIET)
    assert shown(tried, [DRAFT, later]).splitlines() == [
        "1 plan  my/plan.js  failed:exception  2.0 ms",
        "  my/plan.js:1:5  TypeError: no",
        "     1 │ let x = y;",
        "       │     ^",
        "2 later  version 1  did not run",
        "■ failed:exception  3.2 ms",
    ]


def test_a_stored_rule_that_fails_shows_no_line_of_the_file() -> None:
    tried = msgspec.structs.replace(GRANTED, outcome="failed:exception", error=ERROR)
    stored = msgspec.structs.replace(DRAFT, version=2)
    assert shown(tried, [stored]).splitlines()[:2] == [
        "1 plan  version 2  failed:exception  2.0 ms",
        "  plan.js:1:5  TypeError: no",
    ]


def test_a_flow_that_nobody_ran_says_why() -> None:
    error = msgspec.structs.replace(ERROR, code="no_runner", message="no runner is alive", line=None, column=None)
    tried = msgspec.structs.replace(GRANTED, outcome="failed:no_runner", error=error)
    rule = msgspec.structs.replace(SEED, **QUIET, outcome="not_run")
    assert "  no_runner  no runner is alive" in shown(tried, [rule]).splitlines()


def test_a_flow_without_rules_says_so() -> None:
    assert shown(GRANTED, []).splitlines()[0] == "no rule runs  for this client and this API"


@given(st.text())
def test_nothing_that_comes_back_can_drive_a_terminal(said: str) -> None:
    rule = TriedRule(
        rule=said,
        version=1,
        outcome=said,
        scope_added=[said],
        scope_removed=[said],
        claims_added={said: said},
        claims_changed={said: ClaimChange(said, said)},
        dropped=[Dropped(said, said)],
        lines=[Line(NOW, said, said)],
        calls=[Call(said, said, None, 1.0, 0, said)],
        duration_ms=1.0,
    )
    error = Error(code=said, message=said, file=said, line=1, column=1, detail=said)
    tried = msgspec.structs.replace(GRANTED, outcome=said, error=error, remarks=[said])
    assert all(row.isprintable() for row in shown(tried, [rule]).split("\n"))
