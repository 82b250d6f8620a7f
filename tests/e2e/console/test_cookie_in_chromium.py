"""The session's cookie in a real browser: where Chromium sends it, and where our rules have to stop it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from bench.free_ports import free_port

from fixtures.console import LINKS
from fixtures.console_page import Opener
from fixtures.management import Management

pytestmark = pytest.mark.timeout(120)

_OPENS = """(url) => new Promise((tell) => {
  const socket = new WebSocket(url);
  socket.onopen = () => tell(true);
  socket.onerror = () => tell(false);
})"""
_CHANGES = """(url) => fetch(url, {
  method: 'POST', credentials: 'include', mode: 'no-cors', body: '{"name": "by a foreign page"}',
}).then(() => true)"""
_READS = "(url) => fetch(url, { credentials: 'include', mode: 'no-cors' }).then(() => true)"


async def test_a_link_signs_a_browser_in_over_http_on_this_machine_and_leaves_the_address_bar(
    console: Opener, management: Management
) -> None:
    link = (await management.call("POST", LINKS)).body["token"]
    window = await console(scopes=())
    await window.page.goto("about:blank")
    await window.page.goto(f"{window.url}/console/#link={link}")
    await window.page.get_by_role("navigation", name="Pages").wait_for()
    assert link not in window.page.url
    assert await window.page.evaluate("document.cookie") == ""
    kept = [each for each in await window.page.context.cookies() if each["name"] == "__Host-rulemint"]
    assert [(each["httpOnly"], each["secure"], each["sameSite"]) for each in kept] == [(True, True, "Strict")]


async def test_the_page_opens_the_websocket_of_the_log_by_its_cookie(console: Opener) -> None:
    window = await console()
    assert await window.page.evaluate(_OPENS, f"ws{window.url.removeprefix('http')}/logs?tail=0") is True


async def test_a_page_of_another_port_has_the_cookie_sent_and_gets_nothing_by_it(console: Opener) -> None:
    window = await console()
    window.expected += ["403", "WebSocket", "ERR_", "favicon"]
    answers: list[tuple[str, int]] = []
    async with a_foreign_page() as foreign:
        await window.page.goto(foreign)
        window.page.on("response", lambda answer: answers.append((answer.request.method, answer.status)))
        assert await window.page.evaluate(_CHANGES, f"{window.url}/api/v2/clients") is True
        assert await window.page.evaluate(_READS, f"{window.url}/api/v2/clients") is True
        assert await window.page.evaluate(_OPENS, f"ws{window.url.removeprefix('http')}/logs?tail=0") is False
    assert answers == [("POST", 403), ("GET", 403)]  # without a cookie it would be 401


@asynccontextmanager
async def a_foreign_page() -> AsyncIterator[str]:
    """A page at another port of the same host."""

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>foreign</title>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/", show)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()
