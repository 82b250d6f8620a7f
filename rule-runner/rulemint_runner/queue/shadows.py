"""Shadows: another version of a rule runs behind a live invocation, and its result is compared and forgotten.

Theory of operation. The live invocation is recorded, and its ending has left before anything here begins. The shadow is
a replay of that recording with the other version in the flow: no broker and no store are there, so nothing that it asks
for leaves. A call is answered as the same call of the live invocation was, or the replay ends. It has hosts of its own,
which get a processor only where nobody else wants one. It waits for a moment in which the runner has room. Who waits
too long, or meets a full queue of its tenant, is dropped and counted.

If the result differs, the version that ran is replayed, too. What differs between it and the live result is noise, such
as a random claim, and is left out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import structlog

from rulemint_runner.flow.flow import Flow, FlowEnding, Taping
from rulemint_runner.flow.invocation_log import InvocationLog
from rulemint_runner.queue.shadow_counts import ShadowCounts
from rulemint_runner.tapes.flow_replay import FlowReplay
from rulemint_runner.tapes.recording import Recording
from rulemint_runner.tapes.shadow_results import Parts, different, parts_of, shown
from rulemint_runner.tapes.shadow_tapes import shadow_tape
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.endings import travelling
from rulemint_shared.contract.log_records import LogRecord, ShadowDiff, ShownChange
from rulemint_shared.contract.messages import MAX_DETAIL, Failed, FailureReason, Invocation, Outcome, RuleRef, Shadow
from rulemint_shared.contract.rollouts import ShadowRun
from rulemint_shared.contract.tapes import Replay, ReplayWay
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import run_together
from rulemint_shared.streams.log_publisher import LogPublisher

log = structlog.get_logger(__name__)

AT_ONCE = 2
"""Of a runner; a tenant has one."""
WAITING, WAITING_OF_ONE_TENANT = 64, 4
WAITS_S = 5.0
"""For a moment with room; then it is dropped."""
LOOK_S = 0.05
PAUSE_S = 0.02
"""Before each: what asked just now most likely asks again, and the runner has one thread for both."""
WITHIN_S = 10.0
"""From its begin: with no processor to spare it takes long."""
_REPLAYED = b"shadow"
"""Says of an invocation that nobody gets a token by it. No shadow travels, so nobody opens this."""
_NOT_RUN = {FailureReason.NO_RUNNER, FailureReason.OVERLOADED, FailureReason.INTERRUPTED, FailureReason.LATE}


class _Waiting(NamedTuple):
    """A shadow that waits for a moment with room."""

    invocation: Invocation
    shadow: Shadow
    recording: Recording
    live: Outcome
    until: Deadline


class _NotKnownError(Exception):
    """A replay did not come to its end. The text says why."""


class ShadowRuns:
    """The shadows of this runner."""

    def __init__(
        self, flow: Flow, publisher: LogPublisher, counts: ShadowCounts, *, has_room: Callable[[], bool]
    ) -> None:
        """*has_room* tells whether the runner has so little to do that a shadow is in nobody's way."""
        self._flow = flow
        self._publisher = publisher
        self._counts = counts
        self._has_room = has_room
        self._waiting: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self._count = 0
        self._running: set[str] = set()
        """Tenants."""
        self._filled = asyncio.Event()

    def offer(self, invocation: Invocation, recording: Recording, live: Outcome) -> None:
        """The *invocation* has ended with *live*: run its shadow soon. One whose rule did not run has none."""
        shadow = invocation.shadow
        if shadow is None or not _met(invocation, shadow, recording, live):
            return
        of_tenant = self._waiting.get(invocation.tenant)
        if self._count >= WAITING or (of_tenant is not None and len(of_tenant) >= WAITING_OF_ONE_TENANT):
            self._counts.add(invocation.tenant, shadow.rollout, ShadowRun.DROPPED)
            return
        if of_tenant is None:
            of_tenant = self._waiting[invocation.tenant] = deque()
        of_tenant.append(_Waiting(invocation, shadow, recording, live, Deadline.after(WAITS_S)))
        self._count += 1
        self._filled.set()

    async def run(self) -> None:
        """Run what waits, some at once, until cancelled."""
        await run_together(*(self._run_next() for _ in range(AT_ONCE)), self._counts.write())

    async def _run_next(self) -> None:
        while True:
            await self._filled.wait()
            waiting = self._take()
            if waiting is None:
                await asyncio.sleep(LOOK_S)
                continue
            tenant = waiting.invocation.tenant
            await asyncio.sleep(PAUSE_S)
            try:
                run = await self._one(waiting)
            except Exception:
                log.exception("a shadow failed in the runner", invocation=waiting.invocation.id)
                run = ShadowRun.UNKNOWN
            finally:
                self._running.discard(tenant)
            self._counts.add(tenant, waiting.shadow.rollout, run)

    def _take(self) -> _Waiting | None:
        """Take the next of a tenant that has none under way; tenants take turns."""
        for tenant in list(self._waiting):
            if tenant in self._running:
                continue
            of_tenant = self._waiting.pop(tenant)
            waiting = of_tenant.popleft()
            self._count -= 1
            if of_tenant:
                self._waiting[tenant] = of_tenant
            self._running.add(tenant)
            return waiting
        if not self._waiting:
            self._filled.clear()
        return None

    async def _one(self, waiting: _Waiting) -> ShadowRun:
        while not self._has_room():
            if waiting.until.passed():
                return ShadowRun.DROPPED
            await asyncio.sleep(LOOK_S)
        if waiting.until.passed():
            return ShadowRun.DROPPED
        live, live_version = parts_of(waiting.live), _ref(waiting).version
        try:
            seen = await self._play(waiting, waiting.shadow.version)
            names = different(live, seen)
            if names:
                again = await self._play(waiting, live_version)
                noise = different(live, again)
                names = set() if "outcome" in noise else names - noise
        except _NotKnownError as error:
            self._tell(waiting, [], unknown=str(error))
            return ShadowRun.UNKNOWN
        if not names:
            return ShadowRun.EQUAL
        self._tell(waiting, shown(names, live, seen))
        return ShadowRun.DIFFERENT

    async def _play(self, waiting: _Waiting, version: int) -> Parts:
        """Return the result of the flow with *version* of the rule.

        Raises:
            _NotKnownError: the live invocation does not say how it would end.
        """
        tape = shadow_tape(waiting.invocation, waiting.recording, rule_id=waiting.shadow.rule_id, version=version)
        if cut := next((rule.cut for rule in tape.rules if rule.cut), ""):
            raise _NotKnownError(f"too much happened in the live invocation: it was {cut}")
        replay = FlowReplay(Replay(way=ReplayWay.WHAT_IF, tape=tape, shares_hosts=True), is_shadow=True)
        ending = await self._ending(_replayed(tape.invocation), replay)
        if (left := replay.divergence) is not None:
            raise _NotKnownError(f"{left.rule}: {left.at}: {left.got}")
        if isinstance(ending.outcome, Failed) and ending.outcome.reason in _NOT_RUN:
            raise _NotKnownError(f"it was not run: {ending.outcome.detail or ending.outcome.reason}")
        if isinstance(ending.outcome, Failed) and ending.outcome.reason is FailureReason.TIMEOUT:
            # With no processor to spare, any version may take so long.
            raise _NotKnownError(f"it had no answer in time, at the lowest priority: {ending.outcome.detail}")
        return parts_of(ending.outcome)

    async def _ending(self, invocation: Invocation, replay: FlowReplay) -> FlowEnding:
        ended: asyncio.Future[FlowEnding] = asyncio.get_running_loop().create_future()

        def done(ending: FlowEnding) -> None:
            if not ended.done():
                ended.set_result(ending)

        deadline = Deadline.from_unix_ms(invocation.deadline_ms)
        run = self._flow.begin(invocation, deadline, InvocationLog(invocation, _unheard), done, Taping(replay=replay))
        try:
            return await ended
        finally:
            if not ended.done() or ended.cancelled():
                run.give_up()

    def _tell(self, waiting: _Waiting, changes: list[ShownChange], *, unknown: str = "") -> None:
        invocation, ref = waiting.invocation, _ref(waiting)
        diff = ShadowDiff(
            ts_ms=unix_ms(),
            invocation=invocation.id,
            client_id=invocation.client.id,
            audience=invocation.audience,
            rule=ref.name,
            version=waiting.shadow.version,
            live_version=ref.version,
            changes=changes,
            unknown=travelling(unknown, MAX_DETAIL),
        )
        self._publisher.publish(invocation.tenant, diff)


def _met(invocation: Invocation, shadow: Shadow, recording: Recording, live: Outcome) -> bool:
    """Tell whether the rule ran, so that there is something to compare with."""
    if isinstance(live, Failed) and live.reason in _NOT_RUN:
        return False
    for ref, rule in zip(invocation.flow, recording.rules, strict=False):
        if ref.rule_id == shadow.rule_id:
            return rule.run is not None
    return False


def _ref(waiting: _Waiting) -> RuleRef:
    return next(ref for ref in waiting.invocation.flow if ref.rule_id == waiting.shadow.rule_id)


def _replayed(invocation: Invocation) -> Invocation:
    """Return *invocation* as a replay of now. The ids of its rules are names for hosts of its own."""
    now_ms = unix_ms()
    flow = [RuleRef(rule_id=f"shadow {ref.rule_id}", name=ref.name, version=ref.version) for ref in invocation.flow]
    return msgspec.structs.replace(
        invocation,
        id=ids.new_try_id(),
        flow=flow,
        replay=_REPLAYED,
        deadline_ms=now_ms + int(WITHIN_S * 1000),
        enqueued_at_ms=now_ms,
    )


def _unheard(_record: LogRecord) -> None:
    """Nobody hears what a shadow logs."""
