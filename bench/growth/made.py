"""Tenants and systems as the parts of the bench of growth need them: each tenant has one rule and one client."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import aiohttp

from bench.load import Request
from bench.subjects.ours import make_request
from bench.subjects.rules import JAVASCRIPT, PYTHON
from bench.subjects.subject import Subject
from bench.system import System
from bench.tenants import create, log_in

AT_ONCE = 2
ALGORITHM = "ES256"
RULES = {
    "javascript": {"name": "bench", "script": JAVASCRIPT},
    "python": {"name": "bench", "language": "python", "script": PYTHON},
}


class Made(NamedTuple):
    """A tenant."""

    request: Request
    """What its client sends for a token."""
    headers: dict[str, str]
    """What its administrator sends."""


async def make_tenants(system: System, names: list[str], *, language: str = "javascript") -> list[Request]:
    """A tenant for each of *names* with a rule in *language*; what its client sends for a token."""
    places = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession() as session:
        operator = await log_in(session, system.url, system.admin, {})

        async def made(name: str) -> Request:
            async with places:
                return (await make_tenant(session, system, operator, name, RULES[language])).request

        return list(await asyncio.gather(*map(made, names)))


async def make_tenant(
    session: aiohttp.ClientSession, system: System, operator: dict[str, str], name: str, rule: dict[str, str]
) -> Made:
    """A tenant called *name* with *rule* and a client; *operator* are the headers of who may make it."""
    host = f"{name}.test"
    made = await create(session, system.url, "tenants", {"name": name, "hosts": [host]}, operator)
    headers = {"Host": host} | await log_in(session, system.url, made["administrator"], {"Host": host})
    await create(session, system.url, "rules?no_check=true", rule, headers)  # a thousand would each be loaded once more
    return Made(await make_request(session, system, ALGORITHM, headers), headers)


def subject_of(system: System, request: Request, title: str) -> Subject:
    """*system* as a subject that is asked with *request*."""
    return Subject(
        name=title,
        title=title,
        algorithm=ALGORITHM,
        request=request,
        keys_url=f"{system.url}/.well-known/jwks.json",
        pid=system.process.pid,
    )
