"""Install request → what became of it: asked of the runners through the queue, and looked for until it is there."""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.dispatch import lost_runners
from rulemint_gateway.dispatch.lost_runners import LostRunners
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.package_messages import InstallAnswer, InstallRequest, NotInstalled
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

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
        self._presence = presence
        self._turns = Turns(AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)

    async def install(self, request: InstallRequest) -> InstallAnswer:
        """Return the answer to *request*; there always is one."""
        try:
            async with self._turns.taken(request.tenant, within_s=WAIT_S):
                return await self._install(request)
        except NoTurnError:
            return _not_now("too many installations of this tenant at once")

    async def _install(self, request: InstallRequest) -> InstallAnswer:
        if not await self._presence.any_alive():
            return _not_now("no runner is there to install packages")
        try:
            shard = redis_keys.shard_of(request.tenant, self._presence.queue_shards)
            expires_ms = round(PICKED_UP_WITHIN_S * 1000)
            job_id = await job_queue.enqueue_install(self._redis, request, expires_ms=expires_ms, shard=shard)
            return await self._answer_of(job_id)
        except (codecs.DecodeError, codecs.EncodeError) as error:
            log.warning("an installation ended without an answer", error=str(error))
            return _not_now("the runner failed")
        except (RedisError, OSError) as error:
            log.warning("could not have packages installed", error=str(error))
            return _not_now("the queue does not answer")

    async def _answer_of(self, job_id: str) -> InstallAnswer:
        deadline, pick_up = Deadline.after(WAIT_S), Deadline.after(PICKED_UP_WITHIN_S)
        runners, next_look = LostRunners(self._redis), Deadline.after(lost_runners.LOOK_INTERVAL_S)
        while not deadline.passed():
            if answer := await job_queue.find_install_answer(self._redis, job_id):
                return answer
            if pick_up.passed() and not await job_queue.was_picked_up(self._redis, job_id):
                return _not_now("no runner came round to it")
            if next_look.passed():
                next_look = Deadline.after(lost_runners.LOOK_INTERVAL_S)
                if await runners.look([job_id]):
                    return await job_queue.find_install_answer(self._redis, job_id) or _not_now("its runner died")
            await asyncio.sleep(LOOK_INTERVAL_S)
        return _not_now("its runner never answered")


def _not_now(message: str) -> NotInstalled:
    return NotInstalled(message=message, is_ours=True)
