"""Additions to streams → the server, many in one round trip. Whoever sends the same ones again writes nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError, RedisError

from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Addition, queue_addition

log = structlog.get_logger(__name__)


async def send(
    redis: RedisClient, additions: Sequence[Addition], *, beside: Callable[[Pipeline], None] | None = None
) -> list[int]:
    """Write *additions*, which have marks, and what *beside* queues; returns the indexes of those that were refused.

    A key that is no stream costs its own tenant alone.

    Raises:
        RedisError, OSError: nobody knows which of them were written, or the server takes nothing for now. Send the
            same ones again.
    """
    answers = await _answers(redis, additions, beside, by_name=True)
    unknown = [each for each, answer in zip(additions, answers, strict=False) if isinstance(answer, NoScriptError)]
    if unknown:
        again = iter(await _answers(redis, unknown, None, by_name=False))
        answers = [next(again) if isinstance(answer, NoScriptError) else answer for answer in answers]
    for answer in answers:
        if isinstance(answer, OutOfMemoryError | ReadOnlyError):
            raise answer
        if isinstance(answer, RedisError):
            log.warning("the server refused records of a tenant", error=str(answer))
    return [index for index in range(len(additions)) if isinstance(answers[index], RedisError)]


async def _answers(
    redis: RedisClient, additions: Sequence[Addition], beside: Callable[[Pipeline], None] | None, *, by_name: bool
) -> list[Any]:
    """Those of *additions* in their order, then those of what was queued *beside* them."""
    async with redis.pipeline(transaction=False) as pipe:
        for addition in additions:
            queue_addition(pipe, addition, by_name=by_name)
        if beside is not None:
            beside(pipe)
        answers: list[Any] = await pipe.execute(raise_on_error=False)
        return answers
