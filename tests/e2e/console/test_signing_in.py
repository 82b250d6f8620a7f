"""Signing in to the console by a client's secret or a link, and what a session may do then."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from fixtures.console import COOKIE, LINKS, OWN_PAGE, SESSION, Browser, a_browser, an_administrator
from fixtures.management import Management
from fixtures.tenants import a_tenant

WRONG = "no-secret-of-anybody"


@pytest.fixture
async def browser(lone_gateway: Management) -> AsyncIterator[Browser]:
    async with a_browser(lone_gateway.url) as opened:
        yield opened


async def test_a_client_signs_in_and_its_session_is_what_its_token_would_be(
    lone_gateway: Management, browser: Browser
) -> None:
    answer = await browser.sign_in(lone_gateway.admin)
    assert answer.status == 201, answer.text
    assert answer.body["tenant"] == "default"
    assert answer.body["client_id"] == lone_gateway.admin["client_id"]
    assert {"read:rules", "create:tenants"} <= set(answer.body["scopes"])
    assert (await browser.call("GET", SESSION)).body == answer.body
    assert (await browser.call("GET", "/api/v2/clients")).status == 200
    assert (await browser.call("POST", "/api/v2/clients", {"name": "by the console"})).status == 201


async def test_the_cookie_is_kept_from_scripts_from_other_sites_and_from_plain_http(
    lone_gateway: Management, browser: Browser
) -> None:
    answer = await browser.sign_in(lone_gateway.admin)
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    assert answer.headers["cache-control"] == "no-store"


async def test_nobody_is_signed_in_without_a_cookie_or_with_one_that_nobody_gave(browser: Browser) -> None:
    assert (await browser.call("GET", SESSION)).status == 401
    for text in ("", "x", "ses_" + "a" * 16, f"ses_{'a' * 16}.{'b' * 43}", "ses_" + "a" * 1_000):
        browser.cookie = f"{COOKIE}={text}"
        assert (await browser.call("GET", SESSION)).status == 401
        assert (await browser.call("GET", "/api/v2/clients")).status == 401


async def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(
    lone_gateway: Management, browser: Browser
) -> None:
    known = await browser.sign_in({"client_id": lone_gateway.admin["client_id"], "client_secret": WRONG})
    unknown = await browser.sign_in({"client_id": "nobody", "client_secret": WRONG})
    assert (known.status, known.text) == (unknown.status, unknown.text)
    assert known.status == 401
    assert browser.cookie == ""


async def test_a_client_without_a_grant_for_the_management_api_may_not_sign_in(
    lone_gateway: Management, browser: Browser
) -> None:
    client = await lone_gateway.create("clients", {"name": "robot"})
    assert (await browser.sign_in(client)).status == 403


async def test_a_body_without_credentials_or_with_half_of_them_is_refused_by_its_field(browser: Browser) -> None:
    for body, field in (
        ({}, "client_id"),
        ({"client_id": "a"}, "client_secret"),
        ({"client_secret": "b"}, "client_id"),
    ):
        answer = await browser.call("POST", SESSION, body)
        assert (answer.status, answer.body["field"]) == (400, field)


async def test_a_session_holds_the_scopes_of_its_client_and_no_others(
    lone_gateway: Management, browser: Browser
) -> None:
    reader = await an_administrator(lone_gateway, ["read:clients"])
    assert (await browser.sign_in(reader)).body["scopes"] == ["read:clients"]
    assert (await browser.call("GET", "/api/v2/clients")).status == 200
    refused = await browser.call("POST", "/api/v2/clients", {"name": "x"})
    assert refused.status == 403
    assert "create:clients" in refused.body["message"]


async def test_a_link_signs_in_once_with_the_scopes_that_it_names(lone_gateway: Management, browser: Browser) -> None:
    made = await lone_gateway.call("POST", LINKS, {"scopes": ["read:rules"]})
    assert made.status == 201, made.text
    assert made.body["url"].endswith(f"/console/#link={made.body['token']}")
    answer = await browser.call("POST", SESSION, {"link": made.body["token"]})
    assert (answer.status, answer.body["scopes"], answer.body["way"]) == (201, ["read:rules"], "link")
    async with a_browser(lone_gateway.url) as thief:
        again = await thief.call("POST", SESSION, {"link": made.body["token"]})
        assert again.status == 401
        assert thief.cookie == ""


async def test_a_link_gives_nothing_that_its_maker_does_not_have(lone_gateway: Management) -> None:
    maker = await an_administrator(lone_gateway, ["create:sessions", "read:rules"])
    token = await lone_gateway.ask(
        {
            "grant_type": "client_credentials",
            "client_id": maker["client_id"],
            "client_secret": maker["client_secret"],
            "audience": lone_gateway.admin["audience"],
        }
    )
    answer = await lone_gateway.call("POST", LINKS, {"scopes": ["delete:rules"]}, token=token.body["access_token"])
    assert answer.status == 403


async def test_each_sign_in_makes_a_new_session_and_ends_the_one_before(
    lone_gateway: Management, browser: Browser
) -> None:
    await browser.sign_in(lone_gateway.admin)
    before = browser.cookie
    await browser.sign_in(lone_gateway.admin)
    assert browser.cookie != before
    assert (await browser.call("GET", SESSION, Cookie=before)).status == 401


async def test_a_cookie_that_was_planted_in_the_browser_does_not_become_a_session(
    lone_gateway: Management, browser: Browser
) -> None:
    planted = f"{COOKIE}=ses_{'a' * 16}.{'b' * 43}"
    browser.cookie = planted
    await browser.sign_in(lone_gateway.admin)
    assert browser.cookie != planted
    assert (await browser.call("GET", SESSION, Cookie=planted)).status == 401


async def test_who_signs_out_is_out_and_a_copy_of_the_cookie_is_worth_nothing(
    lone_gateway: Management, browser: Browser
) -> None:
    await browser.sign_in(lone_gateway.admin)
    copy = browser.cookie
    assert (await browser.call("DELETE", SESSION)).status == 204
    assert browser.cookie == ""
    assert (await browser.call("GET", "/api/v2/clients", Cookie=copy)).status == 401


async def test_a_session_of_one_tenant_is_none_of_another(lone_gateway: Management, browser: Browser) -> None:
    await browser.sign_in(lone_gateway.admin)
    async with a_tenant(lone_gateway) as tenant:
        host = tenant.session.headers["Host"]
        assert (await browser.call("GET", "/api/v2/clients", Host=host)).status == 401
        async with a_browser(lone_gateway.url, host=host) as other:
            name = host.removesuffix(".test")
            own = {name: tenant.admin[name] for name in ("client_id", "client_secret")}
            assert (await other.call("POST", SESSION, {**own, "tenant": "default"})).body["field"] == "tenant"
            assert (await other.call("POST", SESSION, {**own, "tenant": name})).body["tenant"] == name


async def test_a_cookie_counts_on_management_paths_only(lone_gateway: Management, browser: Browser) -> None:
    await browser.sign_in(lone_gateway.admin)
    answer = await browser.call(
        "POST", "/oauth/token", {"grant_type": "client_credentials", "audience": lone_gateway.admin["audience"]}
    )
    assert answer.status == 401
    assert (await browser.call("POST", "/api/tokens/issue", {})).status == 401


async def test_a_bearer_token_wins_over_the_cookie(lone_gateway: Management, browser: Browser) -> None:
    await browser.sign_in(lone_gateway.admin)
    assert (await browser.call("GET", "/api/v2/clients", Authorization="Bearer nonsense")).status == 401
    assert (
        await browser.call("GET", "/api/v2/clients", page={}, Authorization=f"Bearer {lone_gateway.token}")
    ).status == 200


async def test_the_websocket_of_the_log_opens_by_the_cookie(lone_gateway: Management, browser: Browser) -> None:
    await browser.sign_in(lone_gateway.admin)
    async with browser.watch() as socket:
        await socket.send_str(json.dumps({"level": "warn"}))
        assert json.loads((await socket.receive(timeout=10)).data)["type"] == "filter"


async def test_a_ticket_of_a_session_opens_a_stream(lone_gateway: Management, browser: Browser) -> None:
    await browser.sign_in(lone_gateway.admin)
    ticket = (await browser.call("POST", "/logs/tickets", page=OWN_PAGE)).body["ticket"]
    async with browser.http.ws_connect(f"{browser.url}/logs?ticket={ticket}") as socket:
        assert not socket.closed
