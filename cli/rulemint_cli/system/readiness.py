"""Wait until a system is ready: its ``/readyz`` says whether it is, and what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec

from rulemint_cli.terminal.errors import CommandError

LOOK_INTERVAL_S = 0.05
LOOK_TIMEOUT_S = 5.0
READY = "ready"
FIRST_RECORDS = "ready_file"
_MISSING = {
    "": "it does not answer",
    "configuration": "it has no configuration: its log says why",
    "redis": "Valkey does not answer",
    "runner": "no rule runner is alive: the log of rule-runner says why",
    FIRST_RECORDS: "the demo is not made yet: the log says why",
}


class Readiness(msgspec.Struct, frozen=True):
    """The part of the answer of ``/readyz`` that matters here. Both are empty if there is no answer."""

    status: str = ""
    missing: str = ""

    @property
    def is_ready(self) -> bool:
        """True if tokens can be issued."""
        return self.status == READY

    @property
    def can_get_first_records(self) -> bool:
        """True if nothing is missing, or nothing but the records that the demo makes."""
        return self.is_ready or self.missing == FIRST_RECORDS

    @property
    def reason(self) -> str:
        """Say why the system is not ready."""
        return self.status if self.status == "draining" else _MISSING.get(self.missing, f"{self.missing} is missing")


async def wait_until(
    url: str,
    wanted: Callable[[Readiness], bool],
    *,
    within_s: float,
    interval_s: float = LOOK_INTERVAL_S,
    still: Callable[[], None] = lambda: None,
) -> None:
    """Wait until the system at *url* is as *wanted*. It is looked at once at least.

    Args:
        url: The address, with a slash at its end.
        wanted: True ends the wait.
        within_s: The wait ends with an error after so many seconds.
        interval_s: The time between two looks.
        still: Is called before each look, and raises if waiting is in vain.

    Raises:
        CommandError: it took too long; the text says what is missing.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LOOK_TIMEOUT_S)) as session:
        while True:
            still()
            found = await _look(session, url)
            if wanted(found):
                return
            if loop.time() >= deadline:
                raise CommandError(f"{url} is not ready: {found.reason}")
            await asyncio.sleep(interval_s)


async def _look(session: aiohttp.ClientSession, url: str) -> Readiness:
    try:
        async with session.get(f"{url}readyz") as response:
            return msgspec.json.decode(await response.read(), type=Readiness)
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
        return Readiness()  # not listening yet, or another service
