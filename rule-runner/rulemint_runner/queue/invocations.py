"""The job: a batch in, each invocation run on its own, each ending published as it comes, all of them kept."""

from __future__ import annotations

import asyncio

import structlog

from rulemint_runner.queue.ending_parts import ending_part
from rulemint_runner.queue.running_invocation import InvocationParts, RunningInvocation
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.batches import Refused, join_endings, split_batch
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.messages import Ending, FailureReason

log = structlog.get_logger(__name__)


class Invocations:
    """Runs batches; an exception of ours ends one invocation and is in the service's log."""

    def __init__(self, parts: InvocationParts) -> None:
        self._parts = parts

    async def run_batch(self, data: bytes, shard: int) -> bytes:
        """Run the batch that *data* encodes; returns its `Endings`, encoded. What cannot be read of it ends alone.

        It came by that *shard* of the queue, and its endings go back by it.

        Raises:
            DecodeError: *data* is no batch.
        """
        batch, refused = split_batch(data)
        channel = redis_keys.outcomes(batch.gateway, shard)
        unreadable = [self._refuse(each, channel) for each in refused]
        left = _Left(len(batch.invocations))
        running = [RunningInvocation(self._parts, each, channel, left.one_less) for each in batch.invocations]
        for each in running:
            each.begin()
        try:
            await left.none
        except asyncio.CancelledError:
            for each in running:
                each.give_up()
            raise
        return join_endings([*unreadable, *(each.kept or b"" for each in running)])

    def _refuse(self, refused: Refused, channel: str) -> bytes:
        log.warning("refused a malformed invocation", invocation=refused.invocation[:64], error=refused.why)
        now_ms = unix_ms()
        outcome = failed(FailureReason.INTERRUPTED, f"the runner could not read it: {refused.why}")
        ending = Ending(invocation=refused.invocation, outcome=outcome, picked_up_at_ms=now_ms, ended_at_ms=now_ms)
        data = ending_part(ending).data
        self._parts.outbox.add(channel, data, under_way=0)
        return data


class _Left:
    """Counts the invocations of a batch that have not ended."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.none: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once there is none."""
        if not count:
            self.none.set_result(None)

    def one_less(self) -> None:
        """One has ended."""
        self._count -= 1
        if not self._count and not self.none.done():
            self.none.set_result(None)
