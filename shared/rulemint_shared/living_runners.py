"""Which runners are alive: two sorted sets of their names, each with the time until which it counts.

The time is that of the server which keeps them, so that the clocks of runners and gateways need not agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arq.connections import ArqRedis

from rulemint_shared import keys
from rulemint_shared.job_scripts import run_script

if TYPE_CHECKING:
    from redis.asyncio.client import Pipeline

_LISTS = [keys.RUNNERS, keys.INSECURE_RUNNERS]

_NOW = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_BEAT = f"""{_NOW}
local alive, insecure = KEYS[1], KEYS[2]
local name, lives_ms, contained, forgotten_ms = unpack(ARGV)
local until_ms = now_ms + lives_ms
redis.call('ZADD', alive, until_ms, name)
if contained == '1' then redis.call('ZREM', insecure, name) else redis.call('ZADD', insecure, until_ms, name) end
for _, runners in ipairs(KEYS) do redis.call('ZREMRANGEBYSCORE', runners, '-inf', now_ms - forgotten_ms) end
"""
_ALIVE = f"""{_NOW}
return {{
  redis.call('ZRANGEBYSCORE', KEYS[1], now_ms, '+inf', 'LIMIT', 0, ARGV[1]),
  redis.call('ZRANGEBYSCORE', KEYS[2], now_ms, '+inf', 'LIMIT', 0, ARGV[1])
}}
"""
_FORGOTTEN_AFTER_MS = 60_000
_MOST = 1_000
"""Nobody has so many: what is in the sets need not be ours."""


class LivingRunners(NamedTuple):
    """Their names, in order."""

    names: list[str]
    insecure: set[str]
    """Those that do not contain rules."""


def beat(pipe: Pipeline, name: str, *, contains_rules: bool, lives_ms: int) -> None:
    """Have *pipe* say that the runner *name* is alive, for *lives_ms* from when the server hears it."""
    pipe.eval(_BEAT, len(_LISTS), *_LISTS, name, str(lives_ms), str(int(contains_rules)), str(_FORGOTTEN_AFTER_MS))


async def leave(redis: ArqRedis, name: str) -> None:
    """From now on the runner *name* is not alive."""
    for runners in _LISTS:
        await redis.zrem(runners, name)


async def find_alive(redis: ArqRedis) -> LivingRunners:
    """Those that are alive now.

    Raises:
        RedisError, OSError: the server does not answer.
    """
    alive, insecure = await run_script(redis, _ALIVE, _LISTS, [_MOST])
    return LivingRunners(sorted(_text(name) for name in alive), {_text(name) for name in insecure})


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
