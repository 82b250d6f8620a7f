"""What tenants share, and how each of them uses it: one call at a time that is measured, and one that floods."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.system import System
from bench.tenants import create, log_in, make_client

RULE = "module.exports = (client, scope, audience, context, cb) => { console.log('line'); cb(null, {}); };"
SLOW_RULE = "module.exports = async () => { await new Promise((done) => setTimeout(done, 1000)); return {}; };"
LOST_S = 30.0
_numbers = itertools.count()


@dataclass
class Tenant:
    """One tenant as its administrator and its one client."""

    session: aiohttp.ClientSession
    url: str
    name: str
    headers: dict[str, str] = field(default_factory=dict)
    request: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None) -> int:
        """The status of one call of the management API."""
        async with self.session.request(
            method, f"{self.url}/api/v2/{path}", json=body, headers=self.headers
        ) as response:
            await response.read()
            return response.status

    async def write(self) -> int:
        """One change of the configuration."""
        return await self.call("POST", "clients", {"name": "made by the bench"})

    async def sign(self) -> int:
        """One token, signed with RS256, for which no rule runs."""
        async with self.session.post(
            f"{self.url}/oauth/token", json=self.request, headers={"Host": self.headers["Host"]}
        ) as response:
            await response.read()
            return response.status

    async def attempt(self, script: str = RULE) -> int:
        """One try of a rule."""
        return await self.call("POST", "rules/try", {"script": script, "client": {"id": "c", "name": "c"}})

    async def attempt_slowly(self) -> int:
        """One that waits for a second."""
        return await self.attempt(SLOW_RULE)

    async def install(self, *, kind: str = "quick") -> int:
        """One rule with a package that nobody had before."""
        number = next(_numbers)
        body = {"name": f"{kind} {number}", "script": "module.exports = () => ({});", "enabled": False}
        return await self.call("POST", "rules", {**body, "dependencies": {f"{kind}{number}": "1.0.0"}})

    async def install_slowly(self) -> int:
        """One for which the registry takes its time."""
        return await self.install(kind="slow")

    async def list_rules(self) -> int:
        """One page of rules."""
        return await self.call("GET", "rules?per_page=100")


async def make_tenant(session: aiohttp.ClientSession, system: System, name: str) -> Tenant:
    """A tenant of that name, with a client."""
    operator = await log_in(session, system.url, system.admin, {})
    made = await create(session, system.url, "tenants", {"name": name, "hosts": [f"{name}.test"]}, operator)
    headers = {"Host": made["hosts"][0]}
    headers |= await log_in(session, system.url, made["administrator"], headers)
    return Tenant(session, system.url, name, headers, await make_client(session, system.url, headers))


class Lines:
    """Log lines of a tenant on their way to its watcher."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._seen: asyncio.Queue[str] = asyncio.Queue()

    async def watch(self) -> None:
        """Watch until cancelled."""
        url = f"{self._tenant.url}/logs?type=invocation.ended"
        async with self._tenant.session.get(url, headers=self._tenant.headers, timeout=_FOR_LONG) as response:
            response.raise_for_status()
            async for line in response.content:
                if line.strip():
                    self._seen.put_nowait(json.loads(line)["invocation"])

    async def see_one(self) -> int:
        """One token, and the last line of its rule at the watcher."""
        status = await self._tenant.sign()
        async with asyncio.timeout(LOST_S):
            await self._seen.get()
        return status


_FOR_LONG = aiohttp.ClientTimeout(total=600, sock_read=600)


async def measured(call: Callable[[], Awaitable[int]], *, count: int) -> tuple[float, int]:
    """The 99th percentile in ms of *count* calls, one after the other, and how many were refused."""
    took_ms, refused = [], 0
    for _ in range(count):
        began_s = time.perf_counter()
        refused += await call() >= 300
        took_ms.append((time.perf_counter() - began_s) * 1000)
    return sorted(took_ms)[min(count - 1, round(count * 0.99))], refused
