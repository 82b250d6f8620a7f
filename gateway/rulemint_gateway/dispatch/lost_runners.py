"""Finds jobs that nobody will end, because the runner that claimed them is dead.

A claim names its runner, and a runner that lives says so twice a second. One that was missing at two looks is dead, or
it stalled for so long that nobody counts on it. What it still does finds nobody waiting. One look is not enough,
because a server that hung knows of no runner for a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from rulemint_shared.queue import job_queue
from rulemint_shared.queue.living_runners import find_alive
from rulemint_shared.redis.client import RedisClient

LOOK_INTERVAL_S = 0.5
_AT_ONCE = 500
"""Jobs whose runner is asked for at one look; the rest follow."""


class LostRunners:
    """Looks at the same jobs again and again."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._claimed_by: dict[str, str] = {}
        """Job → its runner, which never changes."""
        self._missing: set[str] = set()
        """The runners that were missing at the last look."""

    async def look(self, job_ids: Iterable[str]) -> list[str]:
        """Those of *job_ids* whose runner is dead.

        Raises:
            RedisError, OSError: the server does not answer.
        """
        wanted = set(job_ids)
        known = {job_id: runner for job_id, runner in self._claimed_by.items() if job_id in wanted}
        unknown = list(islice((job_id for job_id in wanted if job_id not in known), _AT_ONCE))
        known.update(await job_queue.claimed_by(self._redis, unknown))
        self._claimed_by = known
        runners = set(known.values())
        if not runners:
            self._missing = set()
            return []
        living = await find_alive(self._redis)
        missing = runners - set(living.names) - living.leaving
        dead, self._missing = missing & self._missing, missing
        return [job_id for job_id, runner in known.items() if runner in dead]
