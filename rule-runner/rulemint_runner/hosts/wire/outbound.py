"""Carry the calls of one invocation between its host and the runner: replies as they come, and none left open.

Every call gets a reply. One that the invocation did not wait for is answered with the news that the invocation is over.
JavaScript's host is idle only when it has all replies; Python's passes over those that it no longer waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from rulemint_runner.hosts.wire.channel import Channel
from rulemint_runner.hosts.wire.frames import Call, Reply
from rulemint_shared.host_contract import HOST_CONTRACT

Fetch = Callable[[Call], Coroutine[Any, Any, Reply]]
"""Makes a call. Each failure is in the reply."""

AT_ONCE = 8
"""Calls whose answers may be in memory for one host; the others wait."""
MAX_WAITING = 64
"""More than an invocation may make in all: beyond it a host floods us."""


class OutboundCalls:
    """The calls of one host: open while an invocation runs, and refused otherwise."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._fetch: Fetch | None = None
        self._number = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._loop = asyncio.get_running_loop()

    def open(self, fetch: Fetch, number: int = 0) -> None:
        """From now on *fetch* makes the calls of the run of this *number*, and of no other.

        Those of no run at all, which the module itself makes, are made too.
        """
        self._fetch = fetch
        self._number = number

    def close(self) -> None:
        """The invocation is over: end what is under way."""
        self._fetch = None
        for task in self._under_way:
            self._loop.call_soon(task.cancel)  # one that was made in this moment begins first, and so gets its reply

    def take(self, call: Call) -> None:
        """Make *call* and send its reply, in the background."""
        fetch = self._fetch if call.n in {0, self._number} else None
        if fetch is None or len(self._under_way) >= MAX_WAITING:
            why = HOST_CONTRACT.over if fetch is None else "too many calls at once"
            self._channel.write(Reply(id=call.id, error=why))
            return
        task = self._loop.create_task(self._make(call.id, fetch(call)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _make(self, number: int, fetching: Coroutine[Any, Any, Reply]) -> None:
        reply = None
        try:
            async with self._places:
                reply = await fetching
                self._channel.write(reply)
                await self._channel.drained()
        except asyncio.CancelledError:
            if reply is None:
                self._channel.write(Reply(id=number, error=HOST_CONTRACT.over))
        finally:
            fetching.close()  # it may not have had its place yet
