"""Ask the runners whether a host loads a version that is to be stored. Each question is a job of its own.

Such a job waits behind no token, and no token waits for its answer. If no runner takes it, the gateway soon gives up.
"""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from redis.exceptions import RedisError

from rulemint_gateway.dispatch import lost_runners
from rulemint_gateway.dispatch.lost_runners import LostRunners
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.load_messages import LOAD_WITHIN_S, LoadAnswer, LoadRequest, NotTried
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

PICKED_UP_WITHIN_S = 2.0
"""So long a runner may take to take the job."""
WAIT_S = PICKED_UP_WITHIN_S + LOAD_WITHIN_S + 2.0
"""A runner may take so long in all. It starts a host first."""
LOOK_INTERVAL_S = 0.03
AT_ONCE = 16
WAITING, WAITING_OF_ONE_TENANT = 64, 8


class Loads:
    """Has versions loaded."""

    def __init__(self, redis: RedisClient, presence: RunnerPresence) -> None:
        self._redis = redis
        self._presence = presence
        self._turns = Turns(AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)

    async def load(self, request: LoadRequest) -> LoadAnswer:
        """Have *request* carried out. There is always an answer."""
        try:
            async with self._turns.taken(request.tenant, within_s=WAIT_S):
                return await self._load(request)
        except NoTurnError:
            return NotTried(why="too many versions of this tenant are being loaded")

    async def _load(self, request: LoadRequest) -> LoadAnswer:
        if not await self._presence.any_alive():
            return NotTried(why="no runner is there")
        try:
            shard = redis_keys.shard_of(request.tenant, self._presence.queue_shards)
            expires_ms = round(PICKED_UP_WITHIN_S * 1000)
            deadline = Deadline.after(WAIT_S)
            request = msgspec.structs.replace(request, deadline_ms=deadline.to_unix_ms())
            job_id = await job_queue.enqueue_load(self._redis, request, expires_ms=expires_ms, shard=shard)
            return await self._answer_of(job_id, deadline)
        except (codecs.DecodeError, codecs.EncodeError) as error:
            log.warning("a version was not loaded", error=str(error))
            return NotTried(why="it could not be sent to a runner, or its answer could not be read")
        except (RedisError, OSError) as error:
            log.warning("could not have a version loaded", error=str(error))
            return NotTried(why="the queue does not answer")

    async def _answer_of(self, job_id: str, deadline: Deadline) -> LoadAnswer:
        pick_up = Deadline.after(PICKED_UP_WITHIN_S)
        runners, next_look = LostRunners(self._redis), Deadline.after(lost_runners.LOOK_INTERVAL_S)
        is_picked_up = False
        while not deadline.passed():
            if answer := await job_queue.find_load_answer(self._redis, job_id):
                return answer
            if pick_up.passed() and not is_picked_up:
                is_picked_up = await job_queue.was_picked_up(self._redis, job_id)
                if not is_picked_up:
                    return NotTried(why=f"no runner took it within {PICKED_UP_WITHIN_S:g} s")
            if next_look.passed():
                next_look = Deadline.after(lost_runners.LOOK_INTERVAL_S)
                if await runners.look([job_id]):
                    return await job_queue.find_load_answer(self._redis, job_id) or NotTried(why="its runner died")
            await asyncio.sleep(LOOK_INTERVAL_S)
        return NotTried(why="its runner never answered")
