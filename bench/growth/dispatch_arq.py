"""Stock arq by itself: ``worker SOCKET IN_FLIGHT SECONDS POLL`` runs echo jobs, ``ask`` with the same asks for them.

It gets the faster event loop too, as many jobs at once as are in flight, and the poll interval on both sides.
"""

from __future__ import annotations

import sys
from typing import Any, cast

import uvloop
from arq import Worker, create_pool, func
from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine

from bench.growth.asking import ask_and_print

CLIENT = {"tenant": "default", "id": "bench", "name": "bench"}
CLAIMS = {"https://bench.test/tenant": "default", "https://bench.test/name": "bench"}
FEWEST_JOBS = 10
"""arq's default."""


async def rule(_context: dict[str, Any], _client: dict[str, str]) -> dict[str, str]:
    """In place of rules and hosts."""
    return CLAIMS


async def work(socket: str, in_flight: int, poll_s: float) -> None:
    """Run jobs until killed."""
    worker = Worker(
        functions=[func(cast("WorkerCoroutine", rule), name="rule")],
        redis_settings=RedisSettings(unix_socket_path=socket),
        poll_delay=poll_s,
        max_jobs=max(FEWEST_JOBS, in_flight),
        handle_signals=False,
        log_results=False,
    )
    await worker.async_run()


async def ask(socket: str, in_flight: int, seconds: float, poll_s: float) -> None:
    """Enqueue, wait for the result, print."""
    redis = await create_pool(RedisSettings(unix_socket_path=socket))

    async def one() -> None:
        job = await redis.enqueue_job("rule", CLIENT)
        if job is None or await job.result(timeout=30, poll_delay=poll_s) != CLAIMS:
            raise SystemExit("it got no result")

    await ask_and_print(one, in_flight=in_flight, seconds=seconds)


if __name__ == "__main__":
    place, flight, during, poll = sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
    uvloop.run(work(place, flight, poll) if sys.argv[1] == "worker" else ask(place, flight, during, poll))
