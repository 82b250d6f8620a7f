"""Signatures that take long, in threads: what waits leaves together, and comes back together.

A thread gives Python's lock away while it signs, and needs it again after each signature. Where each token is handed
over alone, both sides wake up for each, and wait for each other.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from rulemint_gateway.tokens.signing import UsableKey
from rulemint_gateway.tokens.wanted_tokens import Wanted, give, signed

THREADS = 2
MAX_BATCH = 8
"""Tokens that a thread signs before it hands them back."""
SWITCH_INTERVAL_S = 0.0002
"""So long a thread that has signed waits while the event loop computes. Python's 5 ms are twenty signatures."""


class SigningThreads:
    """Has tokens signed by threads. Make it with `open_signing_threads`."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._waiting: list[Wanted] = []
        self._busy = 0
        """Threads that sign now."""

    async def token(self, key: UsableKey, payload: dict[str, Any]) -> str:
        """The JWT of *payload*, signed with *key*."""
        loop = asyncio.get_running_loop()
        wanted = Wanted(key, payload, loop.create_future())
        if not self._waiting:
            loop.call_soon(self._hand_over)  # with all that comes in this moment
        self._waiting.append(wanted)
        return await wanted.token

    def _hand_over(self) -> None:
        while self._waiting and self._busy < THREADS:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            self._busy += 1
            signing = asyncio.get_running_loop().run_in_executor(self._executor, signed, batch)
            signing.add_done_callback(partial(self._take_back, batch))

    def _take_back(self, batch: list[Wanted], signing: asyncio.Future[list[str | Exception]]) -> None:
        self._busy -= 1
        self._hand_over()  # first: a thread is free
        give(batch, signing.result())


@contextmanager
def open_signing_threads() -> Iterator[SigningThreads]:
    """Threads that sign until the end; what was handed over by then is signed."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="sign") as executor:
            yield SigningThreads(executor)
    finally:
        sys.setswitchinterval(usual_s)
