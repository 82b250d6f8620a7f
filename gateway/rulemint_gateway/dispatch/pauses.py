"""Flows that fail in any case for now, because a runner said that one of their rules pauses.

Sending them on would cost every process of the path a little for nothing, and answering them at once would invite the
next request at once. So they are refused here, and held back for a moment first.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import Ending, Failed, Invocation

HELD_BACK_S = 1.0
_REMEMBERED = 10_000


class Pauses:
    """Remembers which flows pause."""

    def __init__(self) -> None:
        self._until: OrderedDict[Hashable, Deadline] = OrderedDict()

    def learn(self, invocation: Invocation, ending: Ending) -> None:
        """How *invocation* ended may say that its flow pauses."""
        if invocation.draft is not None or not isinstance(ending.outcome, Failed) or not ending.outcome.pauses_for_ms:
            return
        flow = _flow(invocation)
        self._until[flow] = Deadline.after(ending.outcome.pauses_for_ms / 1000)
        self._until.move_to_end(flow)
        while len(self._until) > _REMEMBERED:
            self._until.popitem(last=False)

    def left_s(self, invocation: Invocation) -> float:
        """For how many seconds the flow of *invocation* pauses; 0 if it does not."""
        if not self._until or invocation.draft is not None:
            return 0.0
        flow = _flow(invocation)
        until = self._until.get(flow)
        if until is None:
            return 0.0
        if until.passed():
            del self._until[flow]
        return max(0.0, until.remaining_s())

    async def hold_back(self, left_s: float) -> None:
        """Wait for a moment, at most for *left_s*."""
        await asyncio.sleep(min(left_s, HELD_BACK_S))


def _flow(invocation: Invocation) -> Hashable:
    """What makes a flow the same: its rule versions with their secrets."""
    rules = tuple((rule.rule_id, rule.version, rule.secrets_revision) for rule in invocation.flow)
    return invocation.tenant, rules
