"""Whatever takes longer than a second shows a bar on a terminal, whichever command it is."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from fixtures.between import Passing, between
from fixtures.management import open_management
from fixtures.terminal import a_terminal
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)

RULE = "export default () => ({});\n"
CLIENTS = 100
"""As many as a page has: with the administrator and the demo's there is a second page."""


@pytest.mark.parametrize(
    ("command", "slow", "shown"),
    [
        (("login", "--admin-file", ".rulemint/admin.json"), ("POST", "/oauth/token"), "waiting for http://"),
        (("token",), ("POST", "/oauth/token"), "waiting for http://"),
        (("keys", "rotate", "--yes"), ("POST", "/api/v2/keys/signing/rotate"), "waiting for http://"),
        (("tenants", "list"), ("GET", "/api/v2/tenants"), "reading tenants"),
        (("demo",), ("POST", "/api/v2/rules"), "3/4"),
        (("rules", "deploy", "slow.js", "--secret", "A=b", "--yes"), ("POST", "/api/v2/rules"), "0/3"),
        (("logs",), ("GET", "/logs"), "waiting for http://"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
async def test_a_slow_answer_shows_a_bar(
    workplace: Workplace, command: tuple[str, ...], slow: tuple[str, str], shown: str
) -> None:
    """The answer comes when the bar is there, however long that takes."""
    (workplace.folder / "slow.js").write_text(RULE)
    async with a_terminal(workplace) as terminal:

        async def meddle(call: Passing) -> web.StreamResponse:
            if (call.request.method, call.request.path) == slow:
                await terminal.shows(shown)
            return await call.forward()

        async with between(workplace.port, meddle) as url:
            done = await terminal.rulemint(*command, "--url", url)
    assert shown in done.stderr
    assert shown not in done.stdout


async def test_a_long_list_counts_its_records(workplace: Workplace) -> None:
    async with open_management(f"http://127.0.0.1:{workplace.port}", workplace.admin) as management:
        made = [await management.create("clients", {"name": f"robot {number}"}) for number in range(CLIENTS)]
        total = (await management.call("GET", "/api/v2/clients?include_totals=true&per_page=1")).body["total"]
        async with a_terminal(workplace) as terminal:

            async def meddle(call: Passing) -> web.StreamResponse:
                if call.request.query.get("page") == "1":
                    await terminal.shows(f"100/{total}")
                return await call.forward()

            async with between(workplace.port, meddle) as url:
                done = await terminal.rulemint("clients", "list", "--url", url)
        for client in made:
            await management.call("DELETE", f"/api/v2/clients/{client['client_id']}")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + total


async def test_with_json_nothing_is_shown_however_long_it_takes(workplace: Workplace) -> None:
    async with a_terminal(workplace) as terminal:

        async def meddle(call: Passing) -> web.StreamResponse:
            await asyncio.sleep(0.8)  # two calls: both together are longer than a bar would wait
            return await call.forward()

        async with between(workplace.port, meddle) as url:
            done = await terminal.rulemint("keys", "list", "--json", "--url", url)
    assert done.stderr == ""
    assert json.loads(done.stdout)
