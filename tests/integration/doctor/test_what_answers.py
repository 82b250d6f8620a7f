"""The look at what answers: a system with something in front of it, or another program."""

from __future__ import annotations

import re
import socket
import threading
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rulemint_cli.connection.management_api import open_admin
from rulemint_cli.connection.profiles import Profile
from rulemint_cli.doctor.finding import Finding, State
from rulemint_cli.doctor.machine import ports
from rulemint_cli.doctor.system import look_at
from rulemint_cli.local.settings import DevSettings

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"


async def found_at(date: str, answer: dict[str, str]) -> dict[str, Finding]:
    async def ready(_request: web.Request) -> web.Response:
        return web.json_response(answer, headers={"Date": date})

    application = web.Application()
    application.add_routes([web.get("/readyz", ready)])
    async with TestServer(application) as server:
        credentials = Profile(url=str(server.make_url("/")), client_id="nobody", client_secret="none", audience="none")
        async with open_admin(credentials) as admin:
            return {each.check: each for each in await look_at(admin)}


@pytest.mark.parametrize("date", ["yesterday", "Mon, 99 Foo 2026 00:00:00 GMT", "0"])
async def test_a_date_that_is_none_is_a_warning(date: str) -> None:
    found = (await found_at(date, {}))["time"]
    assert (found.state, found.detail) == (State.WARNING, f"the answer has no readable date: {date}")


async def test_a_date_of_now_agrees() -> None:
    assert (await found_at(formatdate(usegmt=True), {}))["time"].state is State.OK


async def test_the_service_that_the_advice_starts_is_one_of_the_compose_file() -> None:
    advice = (await found_at(formatdate(usegmt=True), {"missing": "runner"}))["ready"].advice
    service = advice.rpartition(" ")[2]
    assert re.search(rf"^  {service}:$", COMPOSE.read_text(), re.MULTILINE), advice


@pytest.mark.parametrize(
    "said",
    [
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 x y\r\n\r\n",
        b"",
    ],
    ids=["no HTTP", "cut off", "no status", "nothing"],
)
def test_a_program_that_speaks_no_http_has_the_port(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(10_000)
                peer.sendall(said)

        speaking = threading.Thread(target=answer, daemon=True)
        speaking.start()
        number = server.getsockname()[1]
        (found,) = ports(DevSettings(port=number, tls_port=0))
        speaking.join()
    assert (found.state, found.detail) == (State.WRONG, f"{number} belongs to another program")
