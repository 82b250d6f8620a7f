"""One tenant's flood, as a process of its own: what it does to its own event loop is not what is measured.

Reads from standard input, as JSON, the tenant and what it does again and again; ends when it is killed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp

from bench.children import prepare
from bench.fairness.shared import Tenant

SETTLE_S = 2.0


@asynccontextmanager
async def flooded(tenant: Tenant, what: str, *, at_once: int, watchers: int = 0) -> AsyncIterator[None]:
    """*tenant* calls its method *what* again and again in the body, so many at once, and *watchers* do not read."""
    wanted = {
        "tenant": {name: getattr(tenant, name) for name in ("url", "name", "headers", "request")},
        "what": what,
        "at_once": at_once,
        "watchers": watchers,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.fairness.flood", stdin=subprocess.PIPE
    )  # fmt: skip
    try:
        if process.stdin is None:
            raise SystemExit("the flood did not start")
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        await process.stdin.drain()
        await asyncio.sleep(SETTLE_S)
        yield
        if process.returncode is not None:
            raise SystemExit("the flood ended by itself")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _flood(tenant: dict[str, object], what: str, at_once: int, watchers: int) -> None:
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=300)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, timeout=timeout))
        greedy = Tenant(session=session, **tenant)  # type: ignore[arg-type]  # as `flooded` has written it
        for number in range(watchers):
            url = f"{greedy.url}/logs?contains={'e' * (number + 1)}"
            await stack.enter_async_context(session.get(url, headers=greedy.headers))
        call = getattr(greedy, what)

        async def keep_on() -> None:
            while True:
                with suppress(aiohttp.ClientError):
                    await call()

        await asyncio.gather(*(keep_on() for _ in range(at_once)))


if __name__ == "__main__":
    prepare()
    asyncio.run(_flood(**json.loads(sys.stdin.readline())))
