"""Save a token request as a test: the use case of ``/api/v2/exchanges/{id}/case``."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.tapes.case_of_tape import CaseAnswer, case_of, place_of
from rulemint_gateway.management.tapes.replays import NOT_RUN, Replays
from rulemint_gateway.management.tapes.tapes import Tapes
from rulemint_shared.cases.format import MAX_CASES_BYTES, first_problem
from rulemint_shared.contract.messages import Ending, Failed
from rulemint_shared.contract.tapes import Answered, Drew, Event, Replay, ReplayWay, RuleTape, StorageAnswered, Tape

LATER_MS = 90_061_007.0
"""A day, an hour, a minute, a second and 7 ms: by so much the clock of a second look differs, in each of its parts."""


class CaseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule that the case is for, and its name."""

    name: Annotated[str, Meta(max_length=200)] = ""
    """Without it, one that says who asked and how it ended."""
    rule: Annotated[str, Meta(max_length=256)] = ""
    """The name or id of a rule of the flow. Without it, the only one, or the one that ended the request."""


class TapeCases:
    """Makes cases of tapes."""

    def __init__(self, tapes: Tapes, replays: Replays, records: RuleRecords) -> None:
        self._tapes = tapes
        self._replays = replays
        self._records = records

    async def make(self, tenant: str, exchange_id: str, body: CaseBody) -> CaseAnswer:
        """Make a case of the exchange. It is replayed by another clock, to see which values would not come again.

        Raises:
            ManagementError: there is no tape, or nothing on it that a case can expect.
        """
        tape = await self._tapes.find(tenant, exchange_id)
        place = place_of(tape, body.rule)
        case, said = case_of(tape, place, await self._again(tenant, tape), body.name)
        if wrong := first_problem([case]):
            raise InvalidBodyError(f"This makes no case: {wrong[1]}", field="rule")
        if len(msgspec.json.encode(case)) > MAX_CASES_BYTES:
            said.append(f"larger than the {MAX_CASES_BYTES} bytes that a version keeps: shorten its inputs")
        ref = tape.invocation.flow[place]
        return CaseAnswer(
            exchange_id=tape.invocation.id,
            rule=ref.name,
            rule_id=ref.rule_id,
            version=ref.version,
            case=case,
            needs=await self._needs(tenant, ref.rule_id, ref.version),
            could_not_know=[*said, *self._secrets_of(tenant, ref.rule_id)],
        )

    async def _again(self, tenant: str, tape: Tape) -> Ending | None:
        """The end of the same request a day later, with other draws; None if nobody can tell."""
        if self._replays.why_gone(tenant, tape):
            return None
        other = a_day_later(tape)
        try:
            ending = await self._replays.vary(tenant, Replay(way=ReplayWay.WHAT_IF, tape=other))
        except CannotTravelError:
            return None
        outcome = ending.outcome
        if ending.divergence is not None or (isinstance(outcome, Failed) and outcome.reason in NOT_RUN):
            return None
        return ending

    async def _needs(self, tenant: str, rule_id: str, version: int) -> dict[str, Any]:
        try:
            text = await self._records.text(tenant, self._records.find(tenant, rule_id), version)
        except NotFoundError:
            return {}
        limits = {name: value for name, value in msgspec.to_builtins(text.limits).items() if value is not None}
        needs = {"dependencies": text.dependencies, "allow_hosts": list(text.allow_hosts), "limits": limits}
        return {name: value for name, value in needs.items() if value}

    def _secrets_of(self, tenant: str, rule_id: str) -> list[str]:
        try:
            rule = self._records.find(tenant, rule_id)
        except NotFoundError:
            return ["not in the case: the rule, which was deleted"]
        if not rule.secrets_revision:
            return []
        return ["not in the case: the rule's secrets. Give it some for tests, under `secrets` or with --secret"]


def a_day_later(tape: Tape) -> Tape:
    """*tape* by another clock, with another seed and without its random draws."""
    return msgspec.structs.replace(tape, rules=[_later(rule) for rule in tape.rules])


def _later(rule: RuleTape) -> RuleTape:
    return msgspec.structs.replace(
        rule,
        seed=(rule.seed + 7_919) % 2**32,
        load_seed=(rule.load_seed + 7_919) % 2**32,
        now_ms=rule.now_ms + LATER_MS,
        load_now_ms=rule.load_now_ms + LATER_MS,
        events=[_event_later(event) for event in rule.events if not isinstance(event, Drew)],
    )


def _event_later(event: Event) -> Event:
    if isinstance(event, Answered | StorageAnswered):
        return msgspec.structs.replace(event, now_ms=event.now_ms + LATER_MS)
    return event
