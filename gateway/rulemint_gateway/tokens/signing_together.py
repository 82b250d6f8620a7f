"""Quick signatures, in the event loop: all that one turn of it asks for are made one behind the other.

A signature needs tables of 150 KB, and leaves little else in the processor's nearest caches. What a token needs before
and after it is in other places. So a turn with many tokens goes from one to the other once, and not for each.
"""

from __future__ import annotations

import asyncio
from typing import Any

from rulemint_gateway.tokens.signing import UsableKey
from rulemint_gateway.tokens.wanted_tokens import Wanted, give, signed


class SigningTogether:
    """Signs in the next turn of the loop."""

    def __init__(self) -> None:
        self._waiting: list[Wanted] = []

    def token(self, key: UsableKey, payload: dict[str, Any]) -> asyncio.Future[str]:
        """The JWT of *payload*, signed with *key*."""
        loop = asyncio.get_running_loop()
        wanted = Wanted(key, payload, loop.create_future())
        if not self._waiting:
            loop.call_soon(self._sign)
        self._waiting.append(wanted)
        return wanted.token

    def _sign(self) -> None:
        batch, self._waiting = [each for each in self._waiting if not each.token.done()], []
        give(batch, signed(batch))
