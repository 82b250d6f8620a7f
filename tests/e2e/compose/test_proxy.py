"""The proxy of docker-compose.yml: several gateways, log streams, hosts, addresses of clients, and scaling."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import ClientSession

from fixtures.compose import DEMO_REQUEST, TAG, Project, grants
from fixtures.processes import until
from fixtures.valkey import docker_answers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

LIE = "192.0.2.66"
ASK = """
import json, socket, sys, urllib.request as r
headers = {"Content-Type": "application/json", "X-Forwarded-For": sys.argv[2], "Forwarded": "for=" + sys.argv[2]}
with r.urlopen(r.Request("http://proxy:8080/oauth/token", sys.argv[1].encode(), headers), timeout=15) as answer:
    exchange = answer.headers["X-Request-Id"]
print(json.dumps([exchange, socket.gethostbyname(socket.gethostname())]))
"""
KEPT, FRESH = 2, 2


def test_a_client_has_its_own_address_whatever_it_says(composed: Project) -> None:
    image, network = f"rulemint-gateway:{TAG}", f"{composed.name}_front"
    command = ["docker", "run", "--rm", "--network", network, image, "python", "-c", ASK, json.dumps(DEMO_REQUEST), LIE]
    until(lambda: _gateways_that_trust_the_proxy(composed) == 1)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    exchange, address = json.loads(done.stdout)
    assert _exchange(composed, exchange)["ip"] == address


def test_a_host_is_its_tenant_s(composed: Project) -> None:
    composed.rulemint("tenants", "create", "acme", "--host", "acme.example.com")
    until(lambda: _issuer(composed, "acme.example.com") == "http://acme.example.com/")
    assert _issuer(composed, f"localhost:{composed.port}") == f"http://localhost:{composed.port}/"


async def test_log_streams_come_through(composed: Project) -> None:
    bearer = (await asyncio.to_thread(composed.rulemint, "token")).strip()
    headers = {"Authorization": f"Bearer {bearer}"}
    async with (
        ClientSession(composed.url, raise_for_status=True) as client,
        client.ws_connect("/logs", headers=headers) as logs,
        client.get("/logs", headers={**headers, "Accept": "text/event-stream"}) as events,
    ):
        async with client.post("/oauth/token", json=DEMO_REQUEST) as answer:
            exchange = answer.headers["X-Request-Id"]
        async with asyncio.timeout(20):
            while exchange not in await logs.receive_str():
                pass
            while exchange.encode() not in await events.content.readline():
                pass


def test_gateways_come_and_go_while_tokens_are_asked_for_and_nobody_notices(composed: Project) -> None:
    try:
        with _traffic(composed.port) as coming:
            composed.run("up", "--detach", "--scale", "gateway=3")
            until(lambda: _gateways(composed) == 3)
            _more(coming, 50)
        victim = composed.containers("gateway")[0]["Id"]
        subprocess.run(["docker", "kill", victim], capture_output=True, check=True)  # without a word to the proxy
        until(lambda: all(grants(composed.url) for _ in range(10)))
        subprocess.run(["docker", "start", victim], capture_output=True, check=True)
        until(lambda: _gateways(composed) == 3)
        with _traffic(composed.port) as going:
            composed.run("up", "--detach", "--scale", "gateway=1")
            until(lambda: _gateways(composed) == 1)
            _more(going, 50)
    finally:
        composed.run("up", "--detach", "--scale", "gateway=1")
    assert (set(coming), set(going)) == ({"200"}, {"200"})


@contextmanager
def _traffic(port: int) -> Iterator[list[str]]:
    """Clients that keep their connection, and clients that do not; what each of their requests came to."""
    seen: list[str] = []
    stop = threading.Event()
    clients = [
        threading.Thread(target=_ask, args=(port, seen, stop), kwargs={"keep": number < KEPT})
        for number in range(KEPT + FRESH)
    ]
    for client in clients:
        client.start()
    try:
        yield seen
    finally:
        stop.set()
        for client in clients:
            client.join()


def _ask(port: int, seen: list[str], stop: threading.Event, *, keep: bool) -> None:
    body, headers = json.dumps(DEMO_REQUEST), {"Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while not stop.is_set():
        try:
            connection.request("POST", "/oauth/token", body, headers)
            answer = connection.getresponse()
            answer.read()
            seen.append(str(answer.status))
        except (OSError, http.client.HTTPException) as error:
            seen.append(repr(error))
            connection.close()
        if not keep:
            connection.close()
        time.sleep(0.02)
    connection.close()


def _more(seen: list[str], count: int) -> None:
    before = len(seen)
    until(lambda: len(seen) >= before + count)


def _gateways(project: Project) -> int:
    """How many the system knows of, and the proxy sends to; 0 while the one that is asked does not listen yet."""
    said = project.asked("rulemint", "status", "--json")
    return len(json.loads(said)["gateways"]) if said is not None else 0


def _gateways_that_trust_the_proxy(project: Project) -> int:
    log = project.logs("gateway")
    return int('"trusting proxies"' in log)


def _exchange(project: Project, exchange: str) -> dict[str, Any]:
    show = ("rulemint", "exchanges", "show", exchange, "--json")
    until(lambda: project.asked(*show, not_yet=("exchange does not exist",)) is not None)
    found: dict[str, Any] = json.loads(project.rulemint(*show[1:]))
    return found


def _issuer(project: Project, host: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", project.port, timeout=10)
    try:
        connection.request("GET", "/.well-known/openid-configuration", headers={"Host": host})
        return str(json.loads(connection.getresponse().read())["issuer"])
    finally:
        connection.close()
