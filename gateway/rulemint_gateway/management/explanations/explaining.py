"""An exchange record, and what its hosts saw when it was replayed → why each claim and scope is there, or is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.explanations.answers import Absent, Explained, ExplainedRule, SetBy
from rulemint_gateway.management.explanations.named_claims import named_in
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.messages import RuleReport
from rulemint_shared.contract.traces import RuleTrace, Write

MAX_ABSENT = 200


@dataclass(frozen=True, kw_only=True)
class OtherRule:
    """A rule of the tenant that was no part of the flow, as it is now."""

    name: str
    version: int
    script: str
    reason: Literal["not_bound", "disabled"]
    why: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """All that an explanation is made of."""

    record: ExchangeRecord
    traces: list[RuleTrace]
    """Of the rules that ran, in their order; empty: nothing was replayed."""
    scripts: Mapping[int, str]
    """Place in the flow → the text of that rule, as far as it is kept."""
    others: list[OtherRule]

    def trace(self, index: int) -> RuleTrace | None:
        """Return what was seen of the rule at this place of the flow."""
        return self.traces[index] if index < len(self.traces) else None


def claims_of(known: Known) -> list[Explained]:
    """Explain each claim that a rule has set, by the last that did."""
    found: dict[str, Explained] = {}
    for index, report in enumerate(known.record.rules):
        for name, value in report.claims_set.items():
            before = found[name].set_by if name in found else []
            setter = _set_by(report, _write(known.trace(index), "claim", name))
            found[name] = Explained(name=name, value=value, why=_words(setter), set_by=[*before, setter])
    return list(found.values())


def scopes_of(known: Known) -> list[Explained]:
    """Explain each scope of the token: a rule added it, or it was asked for, or the grant gives it by itself."""
    record = known.record
    added: dict[str, list[SetBy]] = {}
    for index, report in enumerate(record.rules):
        for name in report.scope_added:
            added.setdefault(name, []).append(_set_by(report, _write(known.trace(index), "scope", name)))
    asked = set(record.scope_asked)
    return [
        Explained(
            name=name,
            why=_words(added[name][-1]) if name in added else _given(was_asked=name in asked),
            set_by=added.get(name, []),
        )
        for name in record.scope_granted
    ]


def absent_of(known: Known) -> list[Absent]:
    """Name the claims and scopes that somebody might expect, each with the first reason for its absence."""
    there = {("claim", name) for report in known.record.rules for name in report.claims_set}
    there |= {("scope", name) for name in known.record.scope_granted}
    found: dict[tuple[str, str], Absent] = {}
    for absent in (*_left_out(known), *_removed(known), *_not_run(known), *_never_began(known), *_of_others(known)):
        found.setdefault((absent.kind, absent.name), absent)
    for name in known.record.scope_asked:
        why = "it was asked for, and is beyond the client grant"
        found.setdefault(("scope", name), Absent(kind="scope", name=name, reason="not_granted", why=why))
    return [absent for name, absent in found.items() if name not in there][:MAX_ABSENT]


def rules_of(known: Known) -> list[ExplainedRule]:
    """Say of each rule whether it ran."""
    reports, flow = known.record.rules, known.record.flow
    ran = [
        ExplainedRule(
            rule=report.rule,
            version=report.version,
            ran=True,
            why=_ended(report, is_last=index == len(reports) - 1, record=known.record),
            answered_at=_line_of_answer(known.trace(index), report),
        )
        for index, report in enumerate(reports)
    ]
    kept = [
        ExplainedRule(rule=each.rule, version=each.version, ran=False, why="a rule before it ended the request")
        for each in flow[len(reports) :]
    ]
    others = [ExplainedRule(rule=each.name, version=each.version, ran=False, why=each.why) for each in known.others]
    return [*ran, *kept, *others]


# ---- reasons ----


def _left_out(known: Known) -> Iterator[Absent]:
    for report in known.record.rules:
        for dropped in report.dropped:
            of_scope, _, scope = dropped.name.partition(" ")
            is_scope = of_scope == "scope"
            name, kind = (scope or of_scope, _kind("scope")) if is_scope else (dropped.name, _kind("claim"))
            why = f"{report.rule} set it, and it was left out: {dropped.why}"
            yield Absent(kind=kind, name=name, reason="left_out", why=why, rule=report.rule)


def _removed(known: Known) -> Iterator[Absent]:
    for index, report in enumerate(known.record.rules):
        trace = known.trace(index)
        for name in report.scope_removed:
            write = _write(trace, "removed scope", name)
            line: int | UnsetType = UNSET if write is None else write.line
            why = f"{report.rule} took it away{_at(line)}"
            yield Absent(kind="scope", name=name, reason="removed", why=why, rule=report.rule, line=line)
        for write in [] if trace is None else trace.writes:
            if write.kind == "removed claim":
                why = f"{report.rule} took it away at line {write.line}"
                yield Absent(
                    kind="claim", name=write.name, reason="removed", why=why, rule=report.rule, line=write.line
                )


def _not_run(known: Known) -> Iterator[Absent]:
    for index, report in enumerate(known.record.rules):
        trace = known.trace(index)
        if trace is None:
            continue
        for kind, name, line, span in named_in(known.scripts.get(index, ""), trace.not_run):
            of = line if span is None else span.of
            why = f"line {line} of {report.rule} did not run: the branch at line {of} was not taken"
            yield Absent(kind=_kind(kind), name=name, reason="branch_not_taken", why=why, rule=report.rule, line=of)


def _never_began(known: Known) -> Iterator[Absent]:
    reports = len(known.record.rules)
    for index, member in enumerate(known.record.flow[reports:], reports):
        for kind, name, line, _span in named_in(known.scripts.get(index, "")):
            why = f"{member.rule} names it at line {line}, and did not run: a rule before it ended the request"
            yield Absent(kind=_kind(kind), name=name, reason="not_reached", why=why, rule=member.rule, line=line)


def _of_others(known: Known) -> Iterator[Absent]:
    for other in known.others:
        for kind, name, line, _span in named_in(other.script):
            why = f"{other.name} names it at line {line}, and {other.why}"
            yield Absent(kind=_kind(kind), name=name, reason=other.reason, why=why, rule=other.name, line=line)


# ---- words ----


def _kind(kind: str) -> Literal["claim", "scope"]:
    return "scope" if kind == "scope" else "claim"


def _write(trace: RuleTrace | None, kind: str, name: str) -> Write | None:
    writes = [] if trace is None else trace.writes
    return next((each for each in reversed(writes) if each.kind == kind and each.name == name), None)


def _set_by(report: RuleReport, write: Write | None) -> SetBy:
    if write is None or not write.line:
        return SetBy(rule=report.rule, version=report.version)
    before = write.before or UNSET
    return SetBy(rule=report.rule, version=report.version, line=write.line, seen=write.seen, before=before)


def _words(setter: SetBy) -> str:
    where = _at(setter.line)
    how = "set it" if setter.seen is not False else "set it, most likely"
    return f"{setter.rule}, version {setter.version}, {how}{where}"


def _at(line: int | UnsetType) -> str:
    return "" if line is UNSET else f" at line {line}"


def _given(*, was_asked: bool) -> str:
    if was_asked:
        return "the request asked for it, and the client grant has it"
    return "the client grant has it, and the request asked for no scope"


def _ended(report: RuleReport, *, is_last: bool, record: ExchangeRecord) -> str:
    if is_last and record.outcome != "granted":
        return f"it ended the request: {record.detail or record.error_description or record.outcome}"
    return f"it ran for {report.duration_ms:g} ms"


def _line_of_answer(trace: RuleTrace | None, report: RuleReport) -> int | UnsetType:
    if trace is not None and trace.answered_at:
        return trace.answered_at
    return UNSET if report.ended_at is None else report.ended_at.line
