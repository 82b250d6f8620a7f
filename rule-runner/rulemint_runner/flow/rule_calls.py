"""Calls of a rule: have the broker make one, and record the answer to one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rulemint_runner.egress.errors import EgressError
from rulemint_runner.egress.invocation_calls import InvocationCalls
from rulemint_runner.egress.messages import OutboundRequest, Redirect
from rulemint_runner.hosts.wire import frames
from rulemint_runner.tapes.recording import RuleRecording
from rulemint_shared.clock import machine_ms

A = TypeVar("A", frames.Reply, frames.Stored)


async def fetch_through(calls: InvocationCalls, call: frames.Call) -> frames.Reply:
    """*call* by *calls*: what goes wrong is in the reply, for the rule's author."""
    request = OutboundRequest(
        method=call.method,
        url=call.url,
        headers=tuple(call.headers),
        body=call.body,
        redirect=Redirect(call.redirect),
        as_sent=call.as_sent,
        connect_timeout_ms=call.connect_timeout_ms,
    )
    try:
        answer = await calls.fetch(request, within_s=None if call.timeout_ms is None else call.timeout_ms / 1000)
    except EgressError as error:
        return frames.Reply(id=call.id, error=error.why, code=error.code, now_ms=machine_ms())
    return frames.Reply(
        id=call.id,
        status=answer.status,
        reason=answer.reason,
        headers=list(answer.headers),
        body=answer.body,
        url=answer.url,
        redirected=answer.redirected,
        now_ms=machine_ms(),
    )


async def recorded(recording: RuleRecording, number: int, answer: Callable[[], Coroutine[Any, Any, A]]) -> A:
    """The *answer* to question *number*, which is recorded as it is given."""
    given = await answer()
    recording.tell(number, given)
    return given
