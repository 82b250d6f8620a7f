"""Lay out the time of a token request: its steps, one after the other, which add up to the whole.

All times are of the gateway's clock and begin with the request. What a runner measured is laid into the time between
leaving and hearing. A call lies within its rule: several may run at once, so calls add up to nothing.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import OutboundCall
from rulemint_shared.contract.messages import HostStart, RuleReport


class StepName(StrEnum):
    """The steps of a token request, in order; `HOST` and `RULE` come once for each rule that ran."""

    AUTHENTICATE = "authenticate"
    GATEWAY = "gateway"
    """The grant and the quotas were looked at, and the invocation waited for its job."""
    QUEUE = "queue"
    """The job waited for a runner."""
    HOST = "host"
    """A rule waited for a host."""
    RULE = "rule"
    RUNNER = "runner"
    """The runner's own work, before, between and after rules."""
    RETURN = "return"
    VALIDATE = "validate"
    """The gateway looked at what the rules answered, and made the claims."""
    SIGN = "sign"
    ANSWER = "answer"
    """The rest, until the answer was written."""


class CallStep(msgspec.Struct, frozen=True, kw_only=True):
    """A call that a rule made to another service."""

    method: str
    host: str
    status: int | None
    began_ms: float
    duration_ms: float


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step; the next one begins where it ends."""

    step: StepName
    began_ms: float
    duration_ms: float
    rule: str | None = None
    version: int | None = None
    start: HostStart | None = None
    """The way in which the host came to the rule: it was warm, or it was started, from a spare or cold."""
    calls: list[CallStep] = []


class _Steps:
    """Lays steps one after the other."""

    def __init__(self) -> None:
        self.laid: list[Step] = []
        self.now_ms = 0.0

    def lay(
        self,
        name: StepName,
        duration_ms: float | None,
        report: RuleReport | None = None,
        start: HostStart | None = None,
        calls: list[CallStep] | None = None,
    ) -> None:
        """*name* takes so long from now on; None: it did not happen."""
        if duration_ms is None:
            return
        self.laid.append(
            Step(
                step=name,
                began_ms=round(self.now_ms, 3),
                duration_ms=round(duration_ms, 3),
                rule=None if report is None else report.rule,
                version=None if report is None else report.version,
                start=start,
                calls=calls or [],
            )
        )
        self.now_ms += duration_ms


def waterfall_of(record: ExchangeRecord) -> list[Step]:
    """The steps of *record*; they add up to its ``total_ms``. A record of an earlier version has fewer."""
    times, steps = record.timings, _Steps()
    steps.lay(StepName.AUTHENTICATE, times.authenticate_ms)
    steps.lay(StepName.GATEWAY, times.gateway_ms)
    steps.lay(StepName.QUEUE, times.queue_ms)
    if times.rules_ms is not None:
        _lay_rules(steps, record, times.rules_ms)
    steps.lay(StepName.RETURN, times.return_ms)
    steps.lay(StepName.VALIDATE, times.validate_ms)
    steps.lay(StepName.SIGN, times.mint_ms)
    steps.lay(StepName.ANSWER, max(0.0, times.total_ms - steps.now_ms))
    return steps.laid


def _lay_rules(steps: _Steps, record: ExchangeRecord, rules_ms: float) -> None:
    """The rules one after the other; what they leave of *rules_ms* is the runner's."""
    picked_up_ms, left_ms = steps.now_ms, rules_ms
    for report in record.rules:
        took_ms = min(report.duration_ms, left_ms)
        left_ms -= took_ms
        if report.ran_on is None:
            steps.lay(StepName.RULE, took_ms, report)
            continue
        waited_ms = min(report.ran_on.waited_ms, took_ms)
        steps.lay(StepName.HOST, waited_ms, report, report.ran_on.start)
        until_ms = steps.now_ms + took_ms - waited_ms
        own = [call for call in record.calls if (call.rule, call.version) == (report.rule, report.version)]
        calls = [_laid_call(call, picked_up_ms, steps.now_ms, until_ms) for call in own]
        steps.lay(StepName.RULE, took_ms - waited_ms, report, calls=calls)
    steps.lay(StepName.RUNNER, left_ms)


def _laid_call(call: OutboundCall, picked_up_ms: float, from_ms: float, until_ms: float) -> CallStep:
    """*call* within its rule, which has from *from_ms* to *until_ms*."""
    began_ms = min(max(from_ms, picked_up_ms + (call.after_ms or 0.0)), until_ms)
    return CallStep(
        method=call.method,
        host=call.host,
        status=call.status,
        began_ms=round(began_ms, 3),
        duration_ms=round(min(call.duration_ms, until_ms - began_ms), 3),
    )
