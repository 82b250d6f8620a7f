"""Ask the runners something by a job of its own, and look for the answer until it is there.

Such a job waits behind no token, and no token waits for its answer. The gateway gives up soon if no runner takes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.dispatch import lost_runners
from rulemint_gateway.dispatch.lost_runners import LostRunners
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_shared.contract import codecs, redis_tags
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

A = TypeVar("A")
Enqueue = Callable[[Deadline, int, int], Awaitable[str]]
"""Enqueues a question that has this deadline, expires after so many ms and goes to this shard. Returns its job's id."""


class NoAnswerError(Exception):
    """The question has no answer; the text says why. The rule is not at fault."""


class AskedJobs(Generic[A]):
    """The questions of one kind that this gateway has asked. *find* looks for the answer to one."""

    def __init__(
        self,
        redis: RedisClient,
        presence: RunnerPresence,
        find: Callable[[RedisClient, str], Awaitable[A | None]],
        turns: Turns,
        *,
        picked_up_within_s: float,
        answered_within_s: float,
        look_interval_s: float,
    ) -> None:
        self._redis = redis
        self._presence = presence
        self._find = find
        self._turns = turns
        self._picked_up_within_s = picked_up_within_s
        self._answered_within_s = answered_within_s
        self._look_interval_s = look_interval_s

    async def answer(self, tenant: str, enqueue: Enqueue) -> A:
        """Return the answer to the question that *enqueue* asks for *tenant*.

        Raises:
            NoAnswerError: there is none.
        """
        try:
            async with self._turns.taken(tenant, within_s=self._answered_within_s):
                return await self._asked(tenant, enqueue)
        except NoTurnError:
            raise NoAnswerError("too many of this tenant wait for a runner already") from None
        except (codecs.DecodeError, codecs.EncodeError) as error:
            log.warning("a runner was not asked, or its answer could not be read", error=str(error))
            raise NoAnswerError("it could not be sent to a runner, or its answer could not be read") from None
        except (RedisError, OSError) as error:
            log.warning("no runner could be asked", error=str(error))
            raise NoAnswerError("the queue does not answer") from None

    async def _asked(self, tenant: str, enqueue: Enqueue) -> A:
        if not await self._presence.any_alive():
            raise NoAnswerError("no runner is there")
        deadline = Deadline.after(self._answered_within_s)
        shard = redis_tags.shard_of(tenant, self._presence.queue_shards)
        job_id = await enqueue(deadline, round(self._picked_up_within_s * 1000), shard)
        return await self._answer_of(job_id, deadline)

    async def _answer_of(self, job_id: str, deadline: Deadline) -> A:
        pick_up = Deadline.after(self._picked_up_within_s)
        runners, next_look = LostRunners(self._redis), Deadline.after(lost_runners.LOOK_INTERVAL_S)
        is_picked_up = False
        is_lost = False
        while not deadline.passed():
            if answer := await self._find(self._redis, job_id):
                return answer
            if is_lost:
                raise NoAnswerError("its runner died")
            if pick_up.passed() and not is_picked_up:
                is_picked_up = await job_queue.was_picked_up(self._redis, job_id)
                if not is_picked_up:
                    raise NoAnswerError(f"no runner took it within {self._picked_up_within_s:g} s")
            if next_look.passed():
                next_look = Deadline.after(lost_runners.LOOK_INTERVAL_S)
                is_lost = bool(await runners.look([job_id]))  # it may have answered right before it died: look again
            if not is_lost:
                await asyncio.sleep(self._look_interval_s)
        raise NoAnswerError("its runner never answered")
