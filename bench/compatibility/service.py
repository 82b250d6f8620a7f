"""The service that the rules of the cases call: with and without TLS, under one name for each case."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bench.compatibility.cases import Case
from bench.tls_server import write_certificate

DOMAIN = "*.service.test"


@dataclass
class Service:
    """A running service."""

    port: int
    tls_port: int
    settings: dict[str, str]
    """What a system is started with, so that its rules reach the service."""
    calls: Counter[str] = field(default_factory=Counter)
    """Name of a host → requests that came to it."""

    def secrets(self, case: Case) -> dict[str, str]:
        """What the rule of *case* knows of the service."""
        return {
            "SERVICE": f"http://{case.host}:{self.port}",
            "TLS_SERVICE": f"https://{case.host}:{self.tls_port}",
            "HOST": case.host,
            "PORT": str(self.port),
            "TLS_PORT": str(self.tls_port),
        }

    def allow_hosts(self, case: Case) -> list[str]:
        """What the rule of *case* may call."""
        return [f"http://{case.host}:{self.port}", f"{case.host}:{self.tls_port}"]


@asynccontextmanager
async def serving(cases: Iterable[Case], folder: Path) -> AsyncIterator[Service]:
    """The service of *cases* while the block runs; *folder* gets its names and its certificate."""
    by_host = {case.host: case for case in cases}
    write_certificate(folder, DOMAIN)
    hosts = folder / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {host}\n" for host in by_host))
    service = Service(0, 0, _settings(folder, hosts))

    async def answer(request: web.Request) -> web.Response:
        host = request.host.partition(":")[0]
        service.calls[host] += 1
        case = by_host[host]
        for each in case.answers:
            if request.path.startswith(each.path):
                return web.Response(text=each.body, content_type=each.content_type)
        return await _echo(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder / "server.pem")
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        service.port, service.tls_port = (address[1] for address in runner.addresses)
        yield service
    finally:
        await runner.cleanup()


def _settings(folder: Path, hosts: Path) -> dict[str, str]:
    return {
        "RULEMINT_EGRESS_ALLOW_PRIVATE": "127.0.0.1/32",
        "RULEMINT_EGRESS_HOSTS_FILE": str(hosts),
        "RULEMINT_EGRESS_CA_FILE": str(folder / "certificate.pem"),
    }


async def _echo(request: web.Request) -> web.Response:
    """What was asked."""
    seen = {
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": (await request.read()).decode(errors="replace"),
    }
    return web.Response(text=json.dumps(seen), content_type="application/json")
