"""Turns that waited for a host until their request's time was over: each hears so in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from operator import attrgetter

from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.pool.rule_queue import RuleQueue
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.deadline import Deadline


def expire_in_time(queue: RuleQueue, deadline: Deadline, expired: Callable[[RuleQueue], None]) -> None:
    """End at *deadline* what has waited in *queue* for too long, and call *expired* then. One timer is for all."""
    if queue.expiring is not None:
        if queue.expires_s <= deadline.monotonic_s:
            return
        queue.expiring.cancel()
    queue.expires_s = deadline.monotonic_s
    loop = asyncio.get_running_loop()
    queue.expiring = loop.call_later(max(0.0, deadline.remaining_s()), _expire, queue, expired)


def _expire(queue: RuleQueue, expired: Callable[[RuleQueue], None]) -> None:
    queue.expiring = None
    late = [turn for turn in queue.waiting if turn.deadline.passed()]
    for turn in late:
        queue.waiting.remove(turn)
        turn.fail(_too_late(queue))
    if queue.waiting:
        first = min((turn.deadline for turn in queue.waiting), key=attrgetter("monotonic_s"))
        expire_in_time(queue, first, expired)
    expired(queue)


def _too_late(queue: RuleQueue) -> HostEndedError:
    """The error of a turn whose time was over: before its rule had loaded, or before a host was free."""
    if not queue.sessions and any(turn.is_loading for turn in queue.starts):
        return HostEndedError(FailureReason.TIMEOUT, "the rule had not loaded when the request's time was over")
    return HostEndedError(FailureReason.OVERLOADED, "no host became free in time")
