"""The one time that all processes share: that of the server they talk to, measured once a second.

Theory of operation. The machines' clocks need not agree, and may be set at any moment. So what one process stamps and
another compares is stamped with `clock.unix_ms`: the monotonic clock of the process, moved to the server's time. A
measurement is the server's TIME and the moments before and after; the server read its clock somewhere between them. An
estimate that this allows stays, another one moves as little as it must, so that a slow reply never spoils a good one.

A process whose machine is off by more than 2 s says so: in its log, in a metric, and on a list in the server from which
``rulemint status`` reads.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping

import structlog
from redis.exceptions import RedisError

from rulemint_shared import clock
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import RedisUnusableError
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

MEASURE_INTERVAL_S = 1.0
WRONG_BY_MS = 2_000
"""A machine's clock that is off by more is wrong."""
SLOW_REPLY_NS = 500_000_000
"""A reply that took longer does not say by how much a machine's clock is off."""
_LISTED_MS = 5_000
"""For so long a clock is listed as wrong if its process does not say so again."""
_MOST = 1_000
"""Nobody has so many processes: what is on the list need not be ours."""

_MEASURE = """
local clocks, name, ahead_ms, lives_ms, most = KEYS[1], unpack(ARGV)
local kind = redis.call('TYPE', clocks).ok
if kind ~= 'none' and (kind ~= 'hash' or redis.call('HLEN', clocks) > tonumber(most)) then redis.call('DEL', clocks) end
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
if ahead_ms == '' then
  redis.call('HDEL', clocks, name)
else
  redis.call('HSET', clocks, name, string.format('%s %.0f', ahead_ms, now_ms + lives_ms))
  redis.call('PEXPIRE', clocks, lives_ms)
end
return {time[1] * 1000000 + time[2], redis.call('HGETALL', clocks)}
"""


class ServerClock:
    """Keeps this process on the server's time. A process has one."""

    def __init__(self, redis: RedisClient, process: str) -> None:
        """*process* names it where it says that its machine's clock is wrong."""
        self._redis = redis
        self._name = f"{socket.gethostname()}:{process}"
        self._measured = False
        self.ahead_ms = 0
        """By how much this machine's clock is ahead of the server's; negative: behind."""
        self.wrong: dict[str, int] = {}
        """The processes whose machines' clocks are wrong → how far each is ahead, as of a second ago."""

    @property
    def is_wrong(self) -> bool:
        """Tell whether this machine's clock differs from the server's by more than 2 s."""
        return abs(self.ahead_ms) > WRONG_BY_MS

    async def begin(self) -> None:
        """Measure for the first time, before anything is stamped.

        Raises:
            RedisUnusableError: the server does not answer.
        """
        try:
            await self.measure()
        except (RedisError, OSError) as error:
            raise RedisUnusableError(f"the server of RULEMINT_REDIS_URL does not say its time: {error}") from error

    async def measure(self) -> None:
        """Ask the server, and list this machine's clock there if it is wrong.

        Raises:
            RedisError, OSError: it does not answer.
        """
        was_wrong = self.is_wrong
        await self._ask()
        if self.is_wrong != was_wrong:
            await self._ask()  # which says so

    async def _ask(self) -> None:
        said = str(self.ahead_ms) if self.is_wrong else ""
        arguments: list[str | int | bytes] = [self._name, said, _LISTED_MS, _MOST]
        before_ns = time.monotonic_ns()
        server_us, listed = await run_script(self._redis, _MEASURE, [redis_keys.WRONG_CLOCKS], arguments)
        took_ns = time.monotonic_ns() - before_ns
        self._learn(int(server_us) * 1_000, before_ns, took_ns)
        self.wrong = read_wrong_clocks(dict(zip(listed[::2], listed[1::2], strict=True)))

    async def keep(self) -> None:
        """Measure again and again, until cancelled. While the server does not answer, the last estimate holds."""
        while True:
            await asyncio.sleep(MEASURE_INTERVAL_S)
            try:
                await self.measure()
            except (RedisError, OSError) as error:
                log.warning("could not ask for the server's time", error=str(error))

    def _learn(self, server_ns: int, before_ns: int, took_ns: int) -> None:
        """The server's clock said *server_ns* at some moment of the *took_ns* after *before_ns*."""
        latest_ns = server_ns - before_ns
        earliest_ns = latest_ns - took_ns
        if self._measured:
            epoch_ns = min(max(clock.epoch_of_monotonic_ns(), earliest_ns), latest_ns)
        else:
            epoch_ns = (earliest_ns + latest_ns) // 2
        clock.set_epoch_of_monotonic(epoch_ns)
        self._measured = True
        if took_ns <= SLOW_REPLY_NS:
            self._compare()

    def _compare(self) -> None:
        was_wrong, before_ms = self.is_wrong, self.ahead_ms
        self.ahead_ms = clock.machine_ahead_ms()
        if self.is_wrong and (not was_wrong or abs(self.ahead_ms - before_ms) > WRONG_BY_MS):
            log.warning(
                "this machine's clock is wrong, or the server's is: set them right, for example with NTP",
                seconds_ahead=self.ahead_ms / 1000,
            )
        elif was_wrong and not self.is_wrong:
            log.info("this machine's clock agrees with the server's again")


def read_wrong_clocks(listed: Mapping[bytes, bytes]) -> dict[str, int]:
    """The list as the server has it → process → how many ms its machine's clock is ahead; stale ones left out."""
    wrong = {}
    for name, value in listed.items():
        ahead, _, until = value.partition(b" ")
        try:
            if int(until[:20]) > clock.unix_ms():
                wrong[name.decode(errors="replace")[:200]] = int(ahead[:20])
        except ValueError:
            continue
    return dict(sorted(wrong.items()))
