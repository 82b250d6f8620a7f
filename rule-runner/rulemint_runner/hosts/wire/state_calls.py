"""Carry what a rule keeps between its host and the runner.

What a rule has asked of its storage is done even if its invocation does not wait for it, because rules write and answer
at once. Calls to services are not. Every call gets a reply, also one that the host no longer waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from rulemint_runner.hosts.wire.channel import Channel
from rulemint_runner.hosts.wire.frames import CacheChanged, StorageGet, StorageSet, Stored
from rulemint_shared.host_contract import HOST_CONTRACT

MAX_WAITING = 64
"""More than an invocation may ask in all: beyond it a host floods us."""


class State(Protocol):
    """The document and the cache that one invocation may keep."""

    async def storage(self, asked: StorageGet | StorageSet) -> Stored:
        """Read or write the rule's document. Each failure is in the answer."""

    def cache_changed(self, changes: CacheChanged) -> None:
        """The action has done this to its cache."""


class _NoState:
    async def storage(self, asked: StorageGet | StorageSet) -> Stored:
        return Stored(id=asked.id, error="there is no storage here")

    def cache_changed(self, changes: CacheChanged) -> None:
        pass


NO_STATE: State = _NoState()
"""Keeps nothing."""


class StateCalls:
    """The requests of one host to keep something: open while an invocation runs, and refused otherwise."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._state: State | None = None
        self._number = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def open(self, state: State, number: int = 0) -> None:
        """From now on *state* keeps what the run of this *number* asks for, and no other."""
        self._state = state
        self._number = number

    def close(self) -> None:
        """The invocation is over: what was asked is still done, and nothing more."""
        self._state = None

    def take(self, frame: StorageGet | StorageSet | CacheChanged) -> None:
        """Do what *frame* asks for and reply, in the background."""
        state = self._state if frame.n in {0, self._number} else None
        if isinstance(frame, CacheChanged):
            if state is not None:
                state.cache_changed(frame)
        elif state is None or len(self._under_way) >= MAX_WAITING:
            why = HOST_CONTRACT.over if state is None else "the storage was asked too often at once"
            self._channel.write(Stored(id=frame.id, error=why))
        else:
            # Asked now, so that it is before what comes behind it, and answered in its turn.
            task = asyncio.get_running_loop().create_task(self._answer(state.storage(frame)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _answer(self, answering: Coroutine[Any, Any, Stored]) -> None:
        async with self._turn:  # in the order in which the rule asked, and one document in memory at a time
            self._channel.write(await answering)
            await self._channel.drained()
