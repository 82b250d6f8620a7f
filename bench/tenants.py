"""The tenants of the soak: honest ones with a small rule, hostile ones whose rule does what the request says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.system import System

ATTACKS = ("loop", "memory", "crash", "flood", "fork")

HONEST = {
    "javascript": """
module.exports = async (client, scope, audience, context) => {
  console.log(`for ${client.id}`);
  return { scope, 'https://soak.test/tenant': client.tenant };
};
""",
    "python": """
def rule(client, scope, audience, context):
    print('for', client['id'])
    return {'tenant': client['tenant']}
""",
}
HOSTILE = {
    "javascript": """
module.exports = async (client, scope, audience, context) => {
  const attacks = {
    loop() { for (;;) {} },
    memory() { const kept = []; for (;;) kept.push(new Uint8Array(1e7).fill(1)); },
    crash() { Deno[Deno.internal].core.close(1); },
    flood() { for (;;) console.log('x'.repeat(1000)); },
    fork() { for (let i = 0; i < 200; i++) new Worker('data:application/javascript,for(;;){}', { type: 'module' }); },
  };
  return attacks[context.body.attack]();
};
""",
    "python": """
import ctypes
import os


def memory():
    kept = []
    while True:
        kept.append(bytearray(10**7))


def rule(client, scope, audience, context):
    attack = context['body']['attack']
    while attack == 'loop':
        pass
    while attack == 'flood':
        print('x' * 1000)
    while attack == 'fork':
        os.fork()
    return memory() if attack == 'memory' else ctypes.string_at(0)
""",
}


@dataclass(frozen=True)
class Tenant:
    """One tenant with one client, as seen by that client."""

    name: str
    host: str
    hostile: bool
    request: dict[str, str]

    async def ask(self, session: aiohttp.ClientSession, url: str, **parameters: str) -> tuple[int, str]:
        """One token request; the status, and what was said if it was no token."""
        body = {**self.request, **parameters}
        async with session.post(f"{url}/oauth/token", json=body, headers={"Host": self.host}) as response:
            text = await response.text()
            return response.status, "" if response.status == 200 else text


async def make_tenants(session: aiohttp.ClientSession, system: System, *, honest: int, hostile: int) -> list[Tenant]:
    """*honest* and *hostile* tenants, half of each with a rule in JavaScript and half in Python."""
    operator = await log_in(session, system.url, system.admin, {})
    tenants = []
    for number in range(honest + hostile):
        scripts = HONEST if number < honest else HOSTILE
        language = ("javascript", "python")[number % 2]
        name = f"{'honest' if number < honest else 'hostile'}-{number}"
        made = await create(session, system.url, "tenants", {"name": name, "hosts": [f"{name}.test"]}, operator)
        headers = {"Host": made["hosts"][0]}
        headers |= await log_in(session, system.url, made["administrator"], headers)
        rule = {"name": "soak", "language": language, "script": scripts[language]}
        await create(session, system.url, "rules", rule, headers)
        request = await make_client(session, system.url, headers)
        tenants.append(Tenant(name, made["hosts"][0], number >= honest, request))
    return tenants


async def make_client(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> dict[str, str]:
    """A client with an API of its own; what it sends for a token."""
    audience = "https://soak.test/"
    await create(session, url, "resource-servers", {"identifier": audience, "scopes": [{"value": "read"}]}, headers)
    client = await create(session, url, "clients", {"name": "soak"}, headers)
    grant = {"client_id": client["client_id"], "audience": audience, "scope": ["read"]}
    await create(session, url, "client-grants", grant, headers)
    return _token_request(client, audience)


def _token_request(client: dict[str, Any], audience: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "audience": audience,
    }


async def log_in(
    session: aiohttp.ClientSession, url: str, client: dict[str, Any], headers: dict[str, str]
) -> dict[str, str]:
    """The header that says that *client* is an administrator; *headers* say of which tenant."""
    body = _token_request(client, client["audience"])
    async with session.post(f"{url}/oauth/token", json=body, headers=headers) as response:
        response.raise_for_status()
        return {"Authorization": f"Bearer {(await response.json())['access_token']}"}


async def create(
    session: aiohttp.ClientSession, url: str, noun: str, body: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    """A record of *noun*, as the system answers it."""
    async with session.post(f"{url}/api/v2/{noun}", json=body, headers=headers) as response:
        response.raise_for_status()
        made: dict[str, Any] = await response.json()
        return made
