"""The answer of ``/api/v2/rules/{id}/rollout``."""

from __future__ import annotations

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.rollouts.verdicts import Word, verdict_on
from rulemint_gateway.stores.traffic.rollout_counts import Ended, Side, Totals
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, RolloutState, ShadowRun


class RolloutCount(Answer, frozen=True, kw_only=True):
    """The token requests that one version has decided."""

    step: int
    """The step of the rollout, from 0."""
    version: int
    requests: int
    failed: int
    denied: int


class ShadowRuns(Answer, frozen=True, kw_only=True):
    """The runs of a shadow behind live token requests."""

    equal: int
    different: int
    unknown: int
    """It asked for what the live request had no answer to, or was not run to its end."""
    dropped: int
    """No runner had room or time for it."""


class RolloutAnswer(Answer, frozen=True, kw_only=True):
    """The last rollout of a rule, under way or over."""

    rule: str
    rule_id: str
    id: str
    kind: RolloutKind
    version: int
    running_version: int
    """The version that runs for all others, or by now for all."""
    state: RolloutState
    steps: list[float]
    """Percents of clients, or of token requests for a shadow."""
    step: int
    """The step that it is at, from 0."""
    share: float
    """The percents of that step."""
    minimum: int
    tolerance: float
    hold_s: int
    started_at: Moment
    step_at: Moment
    """The time at which the step began."""
    ended_at: Moment | None
    reason: str
    """The reason of its end; empty: it has none."""
    verdict: Word | None
    """The verdict on the present step; null for a shadow, and for a rollout that is over."""
    why: str
    """The reason of the verdict."""
    counts: list[RolloutCount]
    """Of each step and version; of a shadow there are none."""
    shadow: ShadowRuns | None
    """Of a shadow; null for a canary."""


def rollout_answer(rule: Rule, rollout: Rollout, totals: Totals) -> RolloutAnswer:
    """Return the answer that shows *rollout* of *rule* with its counts."""
    judged = rollout.is_running and rollout.kind is RolloutKind.CANARY
    verdict = verdict_on(rollout, totals) if judged else None
    return RolloutAnswer(
        rule=rule.name,
        rule_id=rule.id,
        id=rollout.id,
        kind=rollout.kind,
        version=rollout.version,
        running_version=rule.version,
        state=rollout.state,
        steps=list(rollout.steps),
        step=rollout.step,
        share=rollout.share,
        minimum=rollout.minimum,
        tolerance=rollout.tolerance,
        hold_s=rollout.hold_s,
        started_at=rfc3339_ms(rollout.started_at_ms),
        step_at=rfc3339_ms(rollout.step_at_ms),
        ended_at=rfc3339_ms(rollout.ended_at_ms) if rollout.ended_at_ms else None,
        reason=rollout.reason,
        verdict=None if verdict is None else verdict.word,
        why="" if verdict is None else verdict.why,
        counts=[
            _count(step, rollout.old_version if side is Side.OLD else rollout.version, ended)
            for (step, side), ended in sorted(totals.by_step.items())
        ],
        shadow=_shadow_runs(totals) if rollout.kind is RolloutKind.SHADOW else None,
    )


def _shadow_runs(totals: Totals) -> ShadowRuns:
    return ShadowRuns(**{str(run): totals.shadows.get(run, 0) for run in ShadowRun})


def _count(step: int, version: int, ended: Ended) -> RolloutCount:
    return RolloutCount(step=step, version=version, requests=ended.requests, failed=ended.failed, denied=ended.denied)
