"""Answers of the calls about token requests."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.exchanges.waterfall import Step, waterfall_of
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_shared.contract.exchanges import ExchangeRecord, ExchangeSummary
from rulemint_shared.contract.messages import HostStart, RuleReport


class ListedExchange(ExchangeSummary, frozen=True, kw_only=True):
    """One token request as a list shows it; ``log_id`` is its place, also in the tenant's log."""

    log_id: str


class ExchangeList(Answer, frozen=True, kw_only=True):
    """Token requests; ``next`` is where to go on, and is absent at the end. There may be one though none is shown."""

    exchanges: list[ListedExchange]
    next: str | UnsetType = UNSET


class FlowMemberAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the flow, whether it ran or not."""

    rule_id: str
    rule: str
    version: int
    secrets_revision: int


class RanOnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The host that ran a rule, and the limits that were in force."""

    host: int
    runs_before: int
    start: HostStart
    waited_ms: float
    engine: str
    build: str
    packages: str
    timeout_s: float
    memory_mb: int
    log_bytes: int
    result_bytes: int


class RuleReportAnswer(RuleReport, frozen=True, kw_only=True):
    """The input of one rule of the flow, what it changed, and where it ran."""

    ran_on: RanOnAnswer | None = None  # type: ignore[assignment]  # the same fields, as an object for people


class ExchangeAnswer(ExchangeRecord, frozen=True, kw_only=True):
    """One token request from first byte to answer, and where its time went."""

    rules: list[RuleReportAnswer] = []  # type: ignore[assignment]  # as above
    flow: list[FlowMemberAnswer] = []  # type: ignore[assignment]  # as above
    waterfall: list[Step] = []


def answer_of(record: ExchangeRecord) -> ExchangeAnswer:
    """*record* as it is answered."""
    shown = {
        **msgspec.structs.asdict(record),
        "rules": [_report(each) for each in record.rules],
        "flow": [FlowMemberAnswer(**msgspec.structs.asdict(each)) for each in record.flow],
    }
    return ExchangeAnswer(**shown, waterfall=waterfall_of(record))


def _report(report: RuleReport) -> RuleReportAnswer:
    ran_on = None if report.ran_on is None else RanOnAnswer(**msgspec.structs.asdict(report.ran_on))
    return RuleReportAnswer(**{**msgspec.structs.asdict(report), "ran_on": ran_on})
