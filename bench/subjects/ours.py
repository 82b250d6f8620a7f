"""Rulemint as a subject: one system, a tenant for each flow, an API for each algorithm."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp

from bench.load import Request
from bench.subjects.rules import Flow, flows
from bench.subjects.subject import Subject
from bench.system import System, started_system
from bench.tenants import create, log_in
from bench.tls_server import NAME, started_server

TWO = "2-gateways-"
"""The prefix of subjects whose system has two gateway processes."""


@contextmanager
def started_ours(folder: Path, more: dict[str, str]) -> Iterator[tuple[System, dict[str, Flow]]]:
    """A system that may call the server which runs beside it, and the flows to measure; *more* are settings."""
    with started_server(folder) as port:
        (folder / "hosts").write_text(f"127.0.0.1 {NAME}\n")
        settings = {
            "RULEMINT_EGRESS_ALLOW_PRIVATE": "127.0.0.0/8",
            "RULEMINT_EGRESS_HOSTS_FILE": str(folder / "hosts"),
            "RULEMINT_EGRESS_CA_FILE": str(folder / "certificate.pem"),
            **more,
        }
        with started_system(settings) as system:
            yield system, flows(port)


async def make_subjects(
    system: System, flows: dict[str, Flow], names: Sequence[str], algorithms: Sequence[str], *, prefix: str = ""
) -> list[Subject]:
    """A subject for each of the flows *names* and each algorithm; *prefix* tells it from those of another system."""
    subjects: list[Subject] = []
    async with aiohttp.ClientSession() as session:
        operator = await log_in(session, system.url, system.admin, {})
        for name in names:
            host = f"{name}.test"
            made = await create(session, system.url, "tenants", {"name": name, "hosts": [host]}, operator)
            headers = {"Host": host} | await log_in(session, system.url, made["administrator"], {"Host": host})
            for rule in flows[name].rules:
                await create(session, system.url, "rules", rule, headers)
            subjects += [
                await _subject(session, system, (prefix + name, flows[name]), algorithm, headers)
                for algorithm in algorithms
            ]
    return subjects


async def _subject(
    session: aiohttp.ClientSession,
    system: System,
    named: tuple[str, Flow],
    algorithm: str,
    headers: dict[str, str],
) -> Subject:
    name, flow = named
    request = await make_request(session, system, algorithm, headers)
    token = headers["Authorization"].removeprefix("Bearer ")
    return Subject(
        name=name,
        title=f"Rulemint{', 2 gateway processes' if name.startswith(TWO) else ''}, {flow.title}",
        algorithm=algorithm,
        request=request,
        keys_url=f"{system.url}/.well-known/jwks.json",
        pid=system.process.pid,
        adds_claims=bool(flow.rules),
        meanwhile=lambda: _watched(system, headers["Host"], token, flow.watchers),
    )


async def make_request(
    session: aiohttp.ClientSession, system: System, algorithm: str, headers: dict[str, str]
) -> Request:
    """The token request of a new client for a new API, in the tenant that *headers* name, as its administrator."""
    scopes = [{"value": "read"}, {"value": "write"}]
    api = {"identifier": _audience(algorithm), "signing_alg": algorithm, "scopes": scopes}
    await create(session, system.url, "resource-servers", api, headers)
    return await add_client(session, system, algorithm, headers)


async def add_client(
    session: aiohttp.ClientSession, system: System, algorithm: str, headers: dict[str, str]
) -> Request:
    """The token request of one more client for an API that `make_request` has made."""
    audience = _audience(algorithm)
    client = await create(session, system.url, "clients", {"name": "bench"}, headers)
    grant = {"client_id": client["client_id"], "audience": audience, "scope": ["read", "write"]}
    await create(session, system.url, "client-grants", grant, headers)
    form = {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "audience": audience,
    }
    return Request(url=f"{system.url}/oauth/token", host=headers["Host"], body=urlencode(form))


def _audience(algorithm: str) -> str:
    return f"https://{algorithm.lower()}.bench.test/"


@contextmanager
def _watched(system: System, host: str, token: str, watchers: int) -> Iterator[None]:
    """So many watch the log of the tenant at *host*."""
    if not watchers:
        yield
        return
    command = [sys.executable, "-m", "bench.watching", system.url, str(watchers), host]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as watching:
        if watching.stdin is None or watching.stdout is None:
            raise SystemExit("the watchers did not start")
        watching.stdin.write(token.encode() + b"\n")
        watching.stdin.flush()
        if watching.stdout.readline() != b"ready\n":
            raise SystemExit("the watchers are not let in")
        yield
        watching.communicate(b"enough\n")
