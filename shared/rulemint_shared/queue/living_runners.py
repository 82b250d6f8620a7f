"""Keep the list of living runners: sorted sets of their names, each with the time until which it counts.

A runner that was told to stop is on the list of those that leave until it has ended its work. Nobody counts on it for
anything new, and nobody thinks that it is dead.

The time is that of the server which keeps them, so that the clocks of runners and gateways need not agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

if TYPE_CHECKING:
    from redis.asyncio.client import Pipeline

_LISTS = [redis_keys.RUNNERS, redis_keys.INSECURE_RUNNERS, redis_keys.LEAVING_RUNNERS]

_NOW = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_BEAT = f"""{_NOW}
local alive, insecure, leaving = KEYS[1], KEYS[2], KEYS[3]
local name, lives_ms, contained, leaves, forgotten_ms = unpack(ARGV)
local until_ms = now_ms + lives_ms
local function list(runners, is_on_it)
  if is_on_it then redis.call('ZADD', runners, until_ms, name) else redis.call('ZREM', runners, name) end
end
list(alive, leaves == '0')
list(insecure, leaves == '0' and contained == '0')
list(leaving, leaves == '1')
for _, runners in ipairs(KEYS) do redis.call('ZREMRANGEBYSCORE', runners, '-inf', now_ms - forgotten_ms) end
"""
_ALIVE = f"""{_NOW}
local found = {{}}
for i, runners in ipairs(KEYS) do
  found[i] = redis.call('ZRANGEBYSCORE', runners, now_ms, '+inf', 'LIMIT', 0, ARGV[1])
end
return found
"""
_FORGOTTEN_AFTER_MS = 60_000
_MOST = 1_000
"""Nobody has so many: what is in the sets need not be ours."""


class LivingRunners(NamedTuple):
    """Their names, in order."""

    names: list[str]
    insecure: set[str]
    """Those of them that do not contain rules."""
    leaving: frozenset[str] = frozenset()
    """Others, which still end what they have."""


def beat(pipe: Pipeline, name: str, *, contains_rules: bool, lives_ms: int, leaves: bool = False) -> None:
    """Have *pipe* say that the runner *name* is alive, for *lives_ms* from when the server hears it.

    If it *leaves*, it is so only for those who wait for what it has.
    """
    flags = (str(int(contains_rules)), str(int(leaves)))
    pipe.eval(_BEAT, len(_LISTS), *_LISTS, name, str(lives_ms), *flags, str(_FORGOTTEN_AFTER_MS))


async def leave(redis: RedisClient, name: str) -> None:
    """From now on the runner *name* is not alive."""
    for runners in _LISTS:
        await redis.zrem(runners, name)


async def find_alive(redis: RedisClient) -> LivingRunners:
    """Those that are alive now.

    Raises:
        RedisError, OSError: the server does not answer.
    """
    alive, insecure, leaving = await run_script(redis, _ALIVE, _LISTS, [_MOST])
    return LivingRunners(sorted(map(_text, alive)), set(map(_text, insecure)), frozenset(map(_text, leaving)))


async def read_loads(redis: RedisClient, names: Sequence[str]) -> dict[str, RunnerLoad]:
    """Return the loads of the runners *names*, without runners that have just gone and loads that cannot be read.

    Raises:
        RedisError, OSError: the server does not answer.
    """
    loads: dict[str, RunnerLoad] = {}
    for name, data in zip(
        names, await redis.mget(list(map(redis_keys.runner_load, names))) if names else [], strict=True
    ):
        with suppress(codecs.DecodeError):
            if data is not None:
                loads[name] = codecs.runner_load.decode(data)
    return loads


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
