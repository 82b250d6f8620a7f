"""Replay recorded token requests with a draft and with the version that runs, and say what the draft changes.

Each tape is replayed three times: the old version twice, because what differs between those is noise, and the draft.
The replays of one version share hosts. Nothing of it is kept, and no call leaves a replay.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_gateway.management.backtests.answers import BacktestAnswer, Coverage, Groups
from rulemint_gateway.management.backtests.bodies import BacktestBody
from rulemint_gateway.management.backtests.comparing import Played, compared, is_slower
from rulemint_gateway.management.backtests.places import BacktestPlaces
from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.management.exchanges.exchanges import ExchangeFilter, Exchanges
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.tapes.replay_answers import result_of
from rulemint_gateway.management.tapes.replays import NOT_RUN, Replays, by_tape
from rulemint_gateway.management.trials.trials import Trials
from rulemint_gateway.stores.traffic.tape_store import TapeStore, TapeUnreadableError
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.messages import Ending, Failed, FailureReason, RuleRef, Trial
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.tapes import Replay, ReplayWay, Tape
from rulemint_shared.deadline import Deadline

AT_ONCE = 4
"""Tapes of one backtest. Live requests share the runners with it."""
RESTS_AT_MOST_S = 0.03
"""After some tapes it rests for as long as these took, so that live requests do not queue behind it."""
WITHIN_S = 20.0
"""A call replays for so long. What is left is for the next call."""
COUNTED = 10_000
"""Token requests that are counted, to say how much of the traffic the tapes stand for."""


class _NotKnownError(Exception):
    """A tape cannot be replayed to its end. The text says why."""


class _Sides:
    """The two versions that are compared, and the rule that they are of."""

    def __init__(self, rule: Rule, old: Trial, new: Trial) -> None:
        self.rule = rule
        self.old = old
        self.new = new
        self.others: dict[tuple[str, int], RuleRef] = {}
        """The other rules of the flows, by id and version, each under one id so that its replays share hosts."""

    def flow(self, tape: Tape, trial: Trial) -> list[RuleRef]:
        """The flow of *tape* with *trial* in the place of the rule."""
        return [self._member(ref, trial) for ref in tape.invocation.flow]

    def _member(self, ref: RuleRef, trial: Trial) -> RuleRef:
        if ref.rule_id == self.rule.id:
            return RuleRef(rule_id=trial.text.rule_id, name=ref.name, version=trial.text.version)
        return self.others.setdefault((ref.rule_id, ref.version), by_tape(ref))


class Backtests:
    """The use case of ``/api/v2/rules/backtest``."""

    def __init__(
        self, records: RuleRecords, exchanges: Exchanges, tapes: TapeStore, replays: Replays, trials: Trials
    ) -> None:
        self._records = records
        self._exchanges = exchanges
        self._tapes = tapes
        self._replays = replays
        self._trials = trials
        self._places = BacktestPlaces()

    async def run(self, tenant: str, body: BacktestBody) -> BacktestAnswer:
        """Compare the draft of *body* with the version that runs.

        Raises:
            ManagementError: there is no such rule or nothing to compare, or no runner is there.
        """
        rule = self._records.find(tenant, body.rule_id)
        beyond, draft = body.before_id, body.draft_of(rule)
        async with self._places.taken(tenant):
            sides = _Sides(rule, *await self._trials.versions_to_compare(tenant, rule, draft))
            return await self._run(tenant, sides, body, beyond)

    async def _run(self, tenant: str, sides: _Sides, body: BacktestBody, beyond: str) -> BacktestAnswer:
        rule = sides.rule
        all_taped = await self._tapes.of_rule(tenant, rule.id, since_ms=body.since_ms)
        taped = _behind(all_taped, beyond) if beyond else all_taped
        counted, has_more = (0, False) if beyond else await self._count(tenant, rule, body.since_ms)
        groups = Groups()
        taken, oldest_ms = await self._replay_all(tenant, sides, taped[: body.take], groups)
        return BacktestAnswer(
            rule=rule.name,
            rule_id=rule.id,
            version=rule.version,
            coverage=Coverage(
                requests=counted,
                has_more=has_more,
                without_tape=0 if beyond else max(0, counted - len(all_taped)),
                tapes=taken,
                replayed=groups.replayed,
                cut=groups.cut,
                unknown=groups.unknown,
                reasons=list(groups.reasons),
            ),
            unchanged=groups.unchanged,
            noisy=groups.noisy,
            groups=groups.sorted(),
            oldest=rfc3339_ms(oldest_ms) if oldest_ms else UNSET,
            next=taped[taken - 1] if 0 < taken < len(taped) else UNSET,
        )

    async def _count(self, tenant: str, rule: Rule, since_ms: int) -> tuple[int, bool]:
        """Count the token requests that met *rule*; tell whether there are more."""
        wanted = ExchangeFilter(rule=rule.name, since_ms=since_ms)
        counted, beyond = 0, None
        while counted < COUNTED:
            page = await self._exchanges.page(tenant, wanted, beyond=beyond, count=COUNTED, newest_first=True)
            counted += len(page.exchanges)
            if page.next is UNSET:
                return counted, False
            beyond = page.next
        return counted, True

    async def _replay_all(self, tenant: str, sides: _Sides, taped: Sequence[str], groups: Groups) -> tuple[int, int]:
        """Replay some at once until the time is over; how many were taken up, and when the oldest was made."""
        deadline, oldest_ms = Deadline.after(WITHIN_S), 0
        for start in range(0, len(taped), AT_ONCE):
            if start and deadline.passed():
                return start, oldest_ms
            part, began_s = taped[start : start + AT_ONCE], time.perf_counter()
            made = await asyncio.gather(*(self._compare(tenant, sides, exchange, groups) for exchange in part))
            oldest_ms = min((ms for ms in (oldest_ms, *made) if ms), default=0)
            await asyncio.sleep(min(RESTS_AT_MOST_S, time.perf_counter() - began_s))
        return len(taped), oldest_ms

    async def _compare(self, tenant: str, sides: _Sides, exchange_id: str, groups: Groups) -> int:
        """Replay one with both versions and note what differs; the time at which its tape was made, in ms."""
        try:
            tape = await self._tapes.find(tenant, exchange_id)
        except TapeUnreadableError as error:
            groups.not_known(f"a tape cannot be read: {error}")
            return 0
        if tape is None:
            groups.not_known("a tape was deleted meanwhile")
            return 0
        if tape.cut or any(rule.cut for rule in tape.rules):
            groups.cut += 1
            return tape.at_ms
        if why := self._replays.why_gone(tenant, tape, apart_from=sides.rule.id):
            groups.not_known(why)
            return tape.at_ms
        try:
            old = await self._play(tenant, sides, tape, sides.old)
            again = await self._play(tenant, sides, tape, sides.old)
            new = await self._play(tenant, sides, tape, sides.new)
            if is_slower(old, again, new):  # once may be chance
                once_more = await self._play(tenant, sides, tape, sides.new)
                new = msgspec.structs.replace(new, ran_ms=min(new.ran_ms, once_more.ran_ms))
        except _NotKnownError as error:
            groups.not_known(str(error))
        else:
            groups.add(tape, compared(old, again, new))
        return tape.at_ms

    async def _play(self, tenant: str, sides: _Sides, tape: Tape, trial: Trial) -> Played:
        """Replay *tape* with *trial* in the place of the rule.

        Raises:
            _NotKnownError: the tape does not say how it would end.
            UnavailableError: no runner is there.
        """
        invocation = msgspec.structs.replace(tape.invocation, flow=sides.flow(tape, trial))
        replay = Replay(way=ReplayWay.WHAT_IF, tape=tape, shares_hosts=True, trial=trial)
        try:
            ending = await self._replays.play(tenant, invocation, replay)
        except CannotTravelError as error:
            raise _NotKnownError(f"a request cannot be replayed: {error}") from error
        outcome = ending.outcome
        if ending.divergence is not None:
            raise _NotKnownError(f"{ending.divergence.rule}: {ending.divergence.at}: {ending.divergence.got}")
        if isinstance(outcome, Failed) and outcome.reason is FailureReason.NO_RUNNER:
            raise UnavailableError("No runner is there to replay: try again")
        if isinstance(outcome, Failed) and outcome.reason in NOT_RUN:
            raise _NotKnownError(f"it was not replayed: {outcome.detail or outcome.reason}")
        return Played(result=result_of(ending), ran_ms=_ran_ms(ending, trial, sides.rule))


def _behind(taped: list[str], beyond: str) -> list[str]:
    """Return those of *taped* that come after *beyond*; if its tape was deleted, those that are older."""
    if beyond in taped:
        return taped[taped.index(beyond) + 1 :]
    return [each for each in taped if each < beyond]


def _ran_ms(ending: Ending, trial: Trial, rule: Rule) -> float:
    """For how long the rule ran, without its wait for a host."""
    for report in ending.reports:
        if report.rule == rule.name and report.version == trial.text.version:
            waited_ms = 0.0 if report.ran_on is None else report.ran_on.waited_ms
            return round(max(0.0, report.duration_ms - waited_ms), 3)
    return 0.0
