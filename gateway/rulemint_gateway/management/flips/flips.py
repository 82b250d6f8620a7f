"""Find the smallest change of a token request that would have brought a token, a claim or a scope.

The changed requests are replayed in hosts that say which lines ran, and share those hosts for as long as the search
takes. What is found is replayed once more in fresh hosts. No call leaves a replay, and nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import Annotated, assert_never

import msgspec
from msgspec import Meta

from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_gateway.management.errors import ConflictError, UnavailableError
from rulemint_gateway.management.flips.answers import FlipAnswer, TriedAnswer, TriedInput
from rulemint_gateway.management.flips.reading import Reading
from rulemint_gateway.management.flips.searching import OverError, Search, Seen, Tried
from rulemint_gateway.management.flips.wants import Want, want_of
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.tapes.changes import changed
from rulemint_gateway.management.tapes.replay_answers import ReplayAnswer, original_of, result_of
from rulemint_gateway.management.tapes.replays import NOT_RUN, ReplayBody, Replays, by_tape
from rulemint_gateway.management.tapes.tapes import Tapes
from rulemint_gateway.management.tapes.unknowns import unknowns_of
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_shared.contract.messages import Failed, FailureReason, Invocation
from rulemint_shared.contract.records import Language
from rulemint_shared.contract.tapes import Replay, ReplayWay, Tape
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns

MAX_RUNS = 600
WITHIN_S = 6.0
MAX_BYTES = 32 * 1024 * 1024
"""Of tapes that a search sends to runners."""
SEARCHES_AT_ONCE = 2
_WAITING, _WAITING_OF_ONE_TENANT = 8, 2
_SHOWN = 40
"""Inputs that an answer names."""


class FlipBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thing that is missing."""

    want: Annotated[str, Meta(max_length=300)] = "token"
    """``token``, ``claim:NAME`` or ``scope:NAME``."""


class Flips:
    """The use case of ``/api/v2/exchanges/{id}/flip``."""

    def __init__(self, catalog: Catalog, tapes: Tapes, replays: Replays, records: RuleRecords) -> None:
        self._catalog = catalog
        self._tapes = tapes
        self._replays = replays
        self._records = records
        self._turns = Turns(SEARCHES_AT_ONCE, waiting=_WAITING, waiting_of_one=_WAITING_OF_ONE_TENANT)

    async def run(self, tenant: str, exchange_id: str, body: FlipBody) -> FlipAnswer:
        """Search for the smallest change of the exchange that brings what *body* wants.

        Raises:
            ManagementError: there is no tape, it has what is wanted, or no runner replays it now.
        """
        want = want_of(body.want)
        tape = await self._tapes.find(tenant, exchange_id)
        if want.is_met(original_of(tape)):
            raise ConflictError(_there_is(want), code="nothing_is_missing")
        if why := self._replays.why_gone(tenant, tape):
            raise ConflictError(why, code="changed_rule")
        try:
            async with self._turns.taken(tenant, within_s=WITHIN_S):
                return await self._search(tenant, tape, want)
        except NoTurnError:
            raise UnavailableError("Too many searches of this tenant are under way: try again") from None

    async def _search(self, tenant: str, tape: Tape, want: Want) -> FlipAnswer:
        began_s = time.perf_counter()
        running = _Running(self._replays, tenant, tape)
        search = Search(tape.invocation, await self._readings(tenant, tape), want, running.run)
        changes = await search.find(_all_of)
        replayed = None if changes is None else await self._confirmed(tenant, tape, changes)
        took_ms = round((time.perf_counter() - began_s) * 1000, 1)
        return _answer(tape, want, changes or (), replayed, search.tried, took_ms)

    async def _readings(self, tenant: str, tape: Tape) -> dict[str, Reading]:
        """Rules of the flow by name, as far as their texts are kept."""
        rules, flow = self._catalog.tenant(tenant).rules, tape.invocation.flow
        wanted = [(rules[ref.rule_id], ref.version) for ref in flow if ref.rule_id in rules]
        texts = await self._records.texts(tenant, wanted)
        names = {(ref.rule_id, ref.version): ref.name for ref in flow}
        return {
            names[text.rule_id, text.version]: await asyncio.to_thread(
                Reading, text.script, is_python=_is_python(text.language)
            )
            for _, text in texts
        }

    async def _confirmed(self, tenant: str, tape: Tape, changes: Sequence[str]) -> ReplayAnswer:
        return await self._replays.run(tenant, tape.invocation.id, ReplayBody(set=list(changes)))


def _is_python(language: Language) -> bool:
    match language:
        case Language.PYTHON:
            return True
        case Language.JAVASCRIPT | Language.TYPESCRIPT:
            return False
        case _:
            assert_never(language)


class _Running:
    """Runs changed requests within the bounds of a search."""

    def __init__(self, replays: Replays, tenant: str, tape: Tape) -> None:
        replay = Replay(way=ReplayWay.WHAT_IF, tape=_without_log(tape), explains=True, shares_hosts=True)
        self._replays = replays
        self._tenant = tenant
        self._sealed = replays.sealed(replay)
        self._flow = [by_tape(ref) for ref in tape.invocation.flow]
        self._deadline = Deadline.after(WITHIN_S)
        self._left = min(MAX_RUNS, max(1, MAX_BYTES // len(self._sealed)))

    async def run(self, invocation: Invocation) -> Seen:
        """Run the flow on *invocation*.

        Raises:
            OverError: a bound was reached.
            UnavailableError: no runner is there.
        """
        remaining_s = self._deadline.remaining_s()
        if remaining_s <= 0:
            raise OverError(f"the search had its {WITHIN_S:g} s")
        if self._left <= 0:
            raise OverError("the search had all of its replays")
        self._left -= 1
        named = msgspec.structs.replace(invocation, flow=self._flow)
        try:
            ending = await self._replays.play_sealed(self._tenant, named, self._sealed, within_s=remaining_s)
        except CannotTravelError as error:
            return Seen(result=None, unknown=f"a request cannot be replayed: {error}")
        outcome = ending.outcome
        if ending.divergence is not None:
            return Seen(result=None, traces=ending.traces, unknown=f"{ending.divergence.at}: {ending.divergence.got}")
        if isinstance(outcome, Failed) and outcome.reason is FailureReason.NO_RUNNER:
            raise UnavailableError("No runner is there to replay: try again")
        if isinstance(outcome, Failed) and outcome.reason in NOT_RUN:
            return Seen(result=None, unknown=f"it was not replayed: {outcome.detail or outcome.reason}")
        return Seen(result=result_of(ending), traces=ending.traces)


async def _all_of(runs: Sequence[Awaitable[Seen]]) -> Sequence[Seen]:
    """Await *runs* together, all of them, before one's error counts."""
    seen = await asyncio.gather(*runs, return_exceptions=True)
    for each in seen:
        if isinstance(each, BaseException):
            raise each
    return [each for each in seen if isinstance(each, Seen)]


def _without_log(tape: Tape) -> Tape:
    """*tape* without what no changed replay is compared with: it travels with each."""
    return msgspec.structs.replace(tape, lines=[])


def _there_is(want: Want) -> str:
    if want.kind == "token":
        return "The request got a token. Ask for claim:NAME or scope:NAME, if one is missing"
    return f"The token has the {want.kind} {want.name} already"


def _answer(
    tape: Tape, want: Want, changes: Sequence[str], replayed: ReplayAnswer | None, tried: Tried, took_ms: float
) -> FlipAnswer:
    flipped = None if replayed is None else replayed.replayed
    is_confirmed = flipped is not None and want.is_met(flipped)
    kept = list(changes) if is_confirmed else []
    _, told = changed(tape.invocation, kept)
    unknowns = unknowns_of(tape, None, told)
    if tried.unknown:
        unknowns.append(f"{tried.unknown} replays left their tape, for the first time at {tried.why_unknown}")
    if changes and not is_confirmed:
        unknowns.append(f"why {', '.join(changes)} brings it in a host that had run before, and not in a fresh one")
    return FlipAnswer(
        exchange_id=tape.invocation.id,
        want=want.text,
        found=is_confirmed,
        text=_words(want, kept, tried),
        set=kept,
        changed=told,
        original=original_of(tape),
        flipped=flipped if is_confirmed else None,
        differences=replayed.differences if replayed is not None and is_confirmed else [],
        tried=TriedAnswer(
            runs=tried.runs,
            ways=len(tried.ways),
            unknown=tried.unknown,
            inputs=[TriedInput(what=what, requests=count) for what, count in list(tried.changed.items())[:_SHOWN]],
            stopped_by=tried.over,
        ),
        could_not_know=unknowns,
        took_ms=took_ms,
    )


def _words(want: Want, changes: Sequence[str], tried: Tried) -> str:
    what = "a token" if want.kind == "token" else f"the {want.kind} {want.name}"
    if changes:
        return f"{what} would have come with {' and '.join(changes)}"
    why = f": {tried.over}" if tried.over else ""
    replays = "1 replay" if tried.runs == 1 else f"{tried.runs} replays"
    ways = "1 way" if len(tried.ways) == 1 else f"{len(tried.ways)} ways"
    return f"no change was found that brings {what}, in {replays} with {ways}{why}"
