"""The worker of the plain way through a queue: stock arq, with the hook in its own process.

``python worker.py SOCKET POLL``: Valkey's socket, and how often in seconds it looks for jobs.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from arq import Worker, func
from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine


async def rule(_context: dict[str, Any], client: dict[str, str]) -> dict[str, str]:
    """What the bench's rule adds."""
    return {"https://bench.test/tenant": client["tenant"], "https://bench.test/name": client["name"]}


if __name__ == "__main__":
    Worker(
        functions=[func(cast("WorkerCoroutine", rule))],
        redis_settings=RedisSettings(unix_socket_path=sys.argv[1]),
        poll_delay=float(sys.argv[2]),
    ).run()
