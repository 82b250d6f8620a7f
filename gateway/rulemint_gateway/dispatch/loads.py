"""Ask the runners whether a host loads a version that is to be stored."""

from __future__ import annotations

import msgspec

from rulemint_gateway.dispatch.asked_jobs import AskedJobs, NoAnswerError
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_shared.contract.load_messages import LOAD_WITHIN_S, LoadAnswer, LoadRequest, NotTried
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import Turns
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient

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
        turns = Turns(AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)
        self._asked: AskedJobs[LoadAnswer] = AskedJobs(
            redis,
            presence,
            job_queue.find_load_answer,
            turns,
            picked_up_within_s=PICKED_UP_WITHIN_S,
            answered_within_s=WAIT_S,
            look_interval_s=LOOK_INTERVAL_S,
        )

    async def load(self, request: LoadRequest) -> LoadAnswer:
        """Have *request* carried out. There is always an answer."""

        async def enqueue(deadline: Deadline, expires_ms: int, shard: int) -> str:
            timed = msgspec.structs.replace(request, deadline_ms=deadline.to_unix_ms())
            return await job_queue.enqueue_load(self._redis, timed, expires_ms=expires_ms, shard=shard)

        try:
            return await self._asked.answer(request.tenant, enqueue)
        except NoAnswerError as error:
            return NotTried(why=str(error))
