"""Attacks on a session of the console: other pages, copies of its cookie, guesses, and what its client lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from fixtures.console import (
    LINKS,
    OTHER_PORT,
    OWN_PAGE,
    SESSION,
    SESSIONS,
    Browser,
    a_browser,
    an_administrator,
)
from fixtures.management import Management
from fixtures.waiting import eventually

CLIENT = {"name": "by a foreign page"}
FOREIGN = {
    "another port of the same host": OTHER_PORT,
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another port, with our header": {**OTHER_PORT, "X-Rulemint-Console": "1"},
    "our origin, without the header": {"Sec-Fetch-Site": "same-origin"},
    "a page that plain http brought, of which the browser says nothing": {"X-Rulemint-Console": "1"},
    "an address that somebody typed": {"Sec-Fetch-Site": "none", "X-Rulemint-Console": "1"},
}


@pytest.fixture
async def browser(lone_gateway: Management) -> AsyncIterator[Browser]:
    async with a_browser(lone_gateway.url) as opened:
        assert (await opened.sign_in(lone_gateway.admin)).status == 201
        yield opened


@pytest.mark.parametrize("page", FOREIGN.values(), ids=FOREIGN)
async def test_a_change_by_any_other_page_than_our_own_is_refused(browser: Browser, page: Mapping[str, str]) -> None:
    before = (await browser.call("GET", "/api/v2/clients")).body
    for method, path in (("POST", "/api/v2/clients"), ("DELETE", SESSION), ("POST", LINKS), ("POST", "/logs/tickets")):
        refused = await browser.call(method, path, CLIENT if path.endswith("clients") else None, page=page)
        assert (refused.status, refused.body["errorCode"]) == (403, "forbidden_origin")
    assert (await browser.call("GET", "/api/v2/clients")).body == before
    assert (await browser.call("GET", SESSION)).status == 200


@pytest.mark.parametrize("page", FOREIGN.values(), ids=FOREIGN)
async def test_no_other_page_signs_a_reader_in_as_somebody_else(
    lone_gateway: Management, page: Mapping[str, str]
) -> None:
    own = {name: lone_gateway.admin[name] for name in ("client_id", "client_secret")}
    async with a_browser(lone_gateway.url) as browser:
        assert (await browser.call("POST", SESSION, own, page=page)).status == 403
        assert browser.cookie == ""


async def test_a_page_of_another_port_reads_nothing_by_the_cookie_either(browser: Browser) -> None:
    for path in ("/api/v2/clients", "/logs?tail=10&follow=false", SESSIONS):
        assert (await browser.call("GET", path, page=OTHER_PORT)).status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:1", "null", "", "https://evil.example"],
    ids=["other port", "null", "none", "other site"],
)
async def test_a_websocket_of_another_origin_is_refused(browser: Browser, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser.watch(origin=origin):
            pass
    assert refused.value.status == 403


async def test_a_stolen_cookie_is_worth_nothing_once_its_session_is_revoked(
    lone_gateway: Management, browser: Browser
) -> None:
    listed = (await lone_gateway.call("GET", SESSIONS)).body
    own = next(each for each in (await browser.call("GET", SESSIONS)).body if each["current"])
    assert own["id"] in {each["id"] for each in listed}
    async with browser.watch() as socket:
        assert (await lone_gateway.call("DELETE", f"{SESSIONS}/{own['id']}")).status == 204
        assert (await browser.call("GET", "/api/v2/clients")).status == 401
        assert (await browser.call("POST", "/api/v2/clients", CLIENT)).status == 401
        assert (await socket.receive(timeout=20)).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert own["id"] not in {each["id"] for each in (await lone_gateway.call("GET", SESSIONS)).body}


async def test_a_session_without_the_scope_sees_and_ends_no_sessions(lone_gateway: Management) -> None:
    reader = await an_administrator(lone_gateway, ["read:clients"])
    async with a_browser(lone_gateway.url) as browser:
        await browser.sign_in(reader)
        assert (await browser.call("GET", SESSIONS)).status == 403
        assert (await browser.call("DELETE", f"{SESSIONS}/ses_1")).status == 403


async def test_a_session_ends_with_its_client(lone_gateway: Management) -> None:
    operator = await an_administrator(lone_gateway, ["read:clients"])
    async with a_browser(lone_gateway.url) as browser:
        await browser.sign_in(operator)
        await lone_gateway.call("DELETE", f"/api/v2/clients/{operator['client_id']}")
        again = {name: operator[name] for name in ("client_id", "client_secret")}
        await lone_gateway.create("clients", {"name": "another of its id and secret", **again})
        assert (await browser.call("GET", SESSION)).status == 401


async def test_no_link_is_made_for_a_client_that_was_deleted_while_the_body_arrived(lone_gateway: Management) -> None:
    operator = await an_administrator(lone_gateway, ["create:sessions", "read:clients"])
    asked = {name: operator[name] for name in ("client_id", "client_secret")}
    management = {"grant_type": "client_credentials", "audience": lone_gateway.admin["audience"]}
    token = (await lone_gateway.ask({**asked, **management})).body["access_token"]

    async def late_body() -> AsyncIterator[bytes]:
        assert (await lone_gateway.call("DELETE", f"/api/v2/clients/{operator['client_id']}")).status == 204
        yield b"{}"

    headers = {"Content-Type": "application/json"}  # the body is sent once the gateway has taken up the request
    made = await lone_gateway.call("POST", LINKS, token=token, data=late_body(), headers=headers, expect100=True)
    assert made.status == 401, made.text


async def test_a_session_ends_when_the_secret_of_its_client_is_rotated(lone_gateway: Management) -> None:
    operator = await an_administrator(lone_gateway, ["read:clients", "create:sessions"])
    async with a_browser(lone_gateway.url) as browser:
        await browser.sign_in(operator)
        rotated = await lone_gateway.call("POST", f"/api/v2/clients/{operator['client_id']}/rotate-secret")
        assert (await browser.call("GET", "/api/v2/clients")).status == 401
        assert (await browser.sign_in(operator)).status == 401
        assert (await browser.sign_in(rotated.body)).status == 201


async def test_a_session_loses_the_scopes_that_its_client_loses_and_gets_none(lone_gateway: Management) -> None:
    operator = await an_administrator(lone_gateway, ["read:clients", "read:rules"])
    async with a_browser(lone_gateway.url) as browser:
        await browser.sign_in(operator)
        path = f"/api/v2/client-grants/{operator['grant']}"
        await lone_gateway.call("PATCH", path, {"scope": ["read:rules", "delete:rules"]})
        assert (await browser.call("GET", "/api/v2/clients")).status == 403
        assert (await browser.call("GET", SESSION)).body["scopes"] == ["read:rules"]


async def test_guesses_at_the_console_are_throttled_as_those_at_the_token_endpoint(lone_gateway: Management) -> None:
    operator = await an_administrator(lone_gateway, ["read:clients"])
    wrong = {"client_id": operator["client_id"], "client_secret": "a-guess-of-somebody"}
    async with a_browser(lone_gateway.url) as browser:
        statuses = [(await browser.sign_in(wrong)).status for _ in range(12)]
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert (await browser.sign_in(operator)).status == 429
    at_the_token_endpoint = {"grant_type": "client_credentials", "audience": lone_gateway.admin["audience"], **operator}
    assert (await lone_gateway.ask(at_the_token_endpoint)).status == 429


async def test_who_signed_in_how_and_why_it_ended_is_in_the_log_of_the_tenant(
    lone_gateway: Management, browser: Browser
) -> None:
    own = (await browser.call("GET", SESSION)).body
    await browser.call("DELETE", SESSION)
    entries = (await lone_gateway.call("GET", "/api/v2/logs?per_page=20")).body
    changes = [change for entry in entries for change in entry["details"].get("changes", [])]
    began = next(change for change in changes if change["id"] == own["id"] and change["after"])
    ended = next(change for change in changes if change["id"] == own["id"] and change["before"])
    assert (began["kind"], began["after"]["way"]) == ("console-sessions", "client_credentials")
    assert ended["before"]["ended"] == "its owner signed out"


async def test_a_refused_sign_in_is_in_the_log_of_the_tenant(lone_gateway: Management) -> None:
    async with a_browser(lone_gateway.url) as browser:
        await browser.call("POST", SESSION, {"link": "a-link-of-nobody"}, page={**OWN_PAGE, "User-Agent": "guesser"})

    async def refused() -> list[str]:
        entries = (await lone_gateway.call("GET", "/api/v2/logs?per_page=20")).body
        return [entry["type"] for entry in entries if entry["user_agent"] == "guesser"]

    assert await eventually(refused, bool) == ["fapi"]
