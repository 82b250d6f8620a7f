"""Ask the runners to install packages."""

from __future__ import annotations

from rulemint_gateway.dispatch.asked_jobs import AskedJobs, NoAnswerError
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_shared.contract.package_messages import InstallAnswer, InstallRequest, NotInstalled
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import Turns
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient

WAIT_S = 75.0
"""The runner's own limit, and time in its queue."""
PICKED_UP_WITHIN_S = 15.0
LOOK_INTERVAL_S = 0.1
AT_ONCE = 16
"""Asked of the runners, each of which has turns of its own."""
WAITING, WAITING_OF_ONE_TENANT = 128, 16


class Installs:
    """Has packages installed."""

    def __init__(self, redis: RedisClient, presence: RunnerPresence) -> None:
        self._redis = redis
        turns = Turns(AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)
        self._asked: AskedJobs[InstallAnswer] = AskedJobs(
            redis,
            presence,
            job_queue.find_install_answer,
            turns,
            picked_up_within_s=PICKED_UP_WITHIN_S,
            answered_within_s=WAIT_S,
            look_interval_s=LOOK_INTERVAL_S,
        )

    async def install(self, request: InstallRequest) -> InstallAnswer:
        """Return the answer to *request*; there always is one."""

        async def enqueue(_deadline: Deadline, expires_ms: int, shard: int) -> str:
            return await job_queue.enqueue_install(self._redis, request, expires_ms=expires_ms, shard=shard)

        try:
            return await self._asked.answer(request.tenant, enqueue)
        except NoAnswerError as error:
            return NotInstalled(message=str(error), is_ours=True)
