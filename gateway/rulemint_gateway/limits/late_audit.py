"""Audit records of what was refused, written behind the answer."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.writing.calls import Call

WAITING = 1_000
"""Records that may wait for Redis; of more, the oldest are lost."""


class _Refused(NamedTuple):
    call: Call
    status: int
    error: str


class LateAudit:
    """Keeps what it is given soon."""

    def __init__(self, refused: RefusedCalls) -> None:
        self._refused = refused
        self._waiting: deque[_Refused] = deque(maxlen=WAITING)
        self._filled = asyncio.Event()

    def record(self, call: Call, *, status: int, error: str) -> None:
        """Keep that *call* was answered *status*, and why."""
        self._waiting.append(_Refused(call, status, error))
        self._filled.set()

    async def write(self) -> None:
        """Write what `record` collected, until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                call, status, error = self._waiting.popleft()
                await self._refused.record(call, status=status, error=error)
