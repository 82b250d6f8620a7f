"""Read from its ledger how much is in a bounded stream."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient

_STATE = re.compile(rb"([0-9]{1,15}) ([0-9]{1,15}) .*")


class Fill(NamedTuple):
    """The entries and the bytes of a stream."""

    entries: int
    bytes: int


async def fill_of(redis: RedisClient, streams: Sequence[str]) -> list[Fill]:
    """The fill of each of *streams*, in one round trip. One without a ledger, to which nothing was added, is empty.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    async with redis.pipeline(transaction=False) as pipe:
        for stream in streams:
            pipe.hget(redis_keys.ledger(stream), "state")
        states = await pipe.execute()
    return [_read(state) for state in states]


def _read(state: bytes | None) -> Fill:
    match = _STATE.fullmatch(state or b"")
    return Fill(int(match[1]), int(match[2])) if match else Fill(0, 0)
