from __future__ import annotations

from rulemint_shared.contract.sandbox_report import (
    Attack,
    AttackOutcome,
    Layer,
    LayerState,
    SandboxReport,
    decode_report,
    encode_report,
)

THERE = Layer(name="seccomp", state=LayerState.ENFORCED, required=True)
MISSING = Layer(name="Landlock", state=LayerState.MISSING, required=True, detail="ABI 0", fix="use a newer kernel")
UNAVAILABLE = Layer(name="pid namespace", state=LayerState.UNAVAILABLE, required=False, detail="refused")
FAILED = Attack(host="python", name="fork", outcome=AttackOutcome.FAILED)
SUCCEEDED = Attack(host="python", name="list /", outcome=AttackOutcome.SUCCEEDED)
NOT_RUN = Attack(host="javascript", name="do what it tries", outcome=AttackOutcome.NOT_RUN, detail="it crashed")


def problems(*parts: Layer | Attack) -> list[str]:
    return SandboxReport(
        layers=tuple(part for part in parts if isinstance(part, Layer)),
        attacks=tuple(part for part in parts if isinstance(part, Attack)),
    ).problems


def test_rules_are_contained_when_attacks_fail_whatever_optional_layer_there_is_not() -> None:
    assert problems(THERE, UNAVAILABLE, FAILED) == []


def test_a_missing_layer_is_named_with_what_would_mend_it() -> None:
    assert problems(THERE, MISSING, FAILED) == ["Landlock: ABI 0; use a newer kernel"]


def test_an_attack_that_succeeded_is_named() -> None:
    assert problems(THERE, FAILED, SUCCEEDED) == ["python: a rule can list /"]


def test_an_attack_that_was_not_run_is_a_problem_unless_a_missing_layer_explains_it() -> None:
    assert problems(THERE, NOT_RUN) == ["javascript: nobody knows whether a rule can do what it tries: it crashed"]
    assert problems(MISSING, NOT_RUN) == ["Landlock: ABI 0; use a newer kernel"]


def test_a_report_travels_as_json() -> None:
    report = SandboxReport(layers=(THERE, MISSING), attacks=(FAILED, NOT_RUN))
    assert decode_report(encode_report(report)) == report
