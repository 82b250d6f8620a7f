"""Send additions to streams, many in one round trip. The same additions, sent again, write nothing twice."""

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
    redis: RedisClient, additions: Sequence[Addition], *, also: Callable[[Pipeline], None] | None = None
) -> list[int]:
    """Write *additions*, which have marks, and what *also* queues. Return the indexes of those that were refused.

    A key that is no stream costs its own tenant alone.

    Raises:
        RedisError, OSError: nobody knows which of them were written, or the server takes nothing for now. Send the
            same ones again.
    """
    answers = await _answers(redis, additions, also, by_name=True)
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
    redis: RedisClient, additions: Sequence[Addition], also: Callable[[Pipeline], None] | None, *, by_name: bool
) -> list[Any]:
    """Return the answers to *additions* in their order, then those to what *also* queued."""
    async with redis.pipeline(transaction=False) as pipe:
        for addition in additions:
            queue_addition(pipe, addition, by_name=by_name)
        if also is not None:
            also(pipe)
        answers: list[Any] = await pipe.execute(raise_on_error=False)
        return answers
