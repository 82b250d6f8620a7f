"""The console's pages of token requests: the table, one record, and all that is made of it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import ApiClient, Management, read_exchange
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

PLAN = """module.exports = (client, scope, audience, context, cb) => {
  console.log(`plan ${client.metadata.plan} \\u202e<img src=x onerror=alert(1)>\\u001b[31m`);
  if (client.metadata.plan === 'blocked') return cb(new Error('the account is <b>blocked</b> \\u2066'));
  if (client.metadata.plan === 'gold') return cb(null, { scope: [...scope, 'admin'], 'https://x/limit': 10 });
  cb(null, { scope, 'https://x/plan': '<script>alert(2)</script>\\u202e', sub: 'nobody' });
};"""


@pytest.fixture
async def taped(management: Management) -> AsyncIterator[Management]:
    """Every token request leaves a tape."""
    every = {"tapes": {"failures": True, "one_in": 1}}
    assert (await management.call("PATCH", "/api/v2/tenants/settings", every)).status == 200
    yield management
    await management.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"failures": True, "one_in": 100}})


async def asked(management: Management, client: ApiClient) -> tuple[str, dict[str, Any]]:
    """The id of a new token request whose record and tape are there, and its answer."""
    answer = await management.ask(client.request(text="<i>\u202e\x1b[0m"), headers={"User-Agent": "<u>agent</u>"})
    exchange = answer.headers["x-request-id"]
    await read_exchange(management, exchange)

    async def tape() -> int:
        return (await management.call("GET", f"/api/v2/exchanges/{exchange}/tape")).status

    await eventually(tape, lambda status: status == 200)
    return exchange, answer.body


async def opened(console: Opener, place: str, **options: Any) -> Console:
    window = await console(place=place, **options)
    await window.page.get_by_role("heading", level=1).wait_for()
    return window


def button(window: Console, name: str) -> Any:
    return window.page.get_by_role("button", name=name, exact=True)


async def test_a_pasted_token_leads_to_its_record_and_is_sent_nowhere(console: Opener, taped: Management) -> None:
    client = await taped.a_client(name="pasted", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, answer = await asked(taped, client)
        window = await opened(console, "/exchanges")
        sent: list[str] = []
        window.page.on("request", lambda request: sent.append(f"{request.url} {request.headers} {request.post_data}"))
        await window.page.get_by_label("Token, jti or id").fill(answer["access_token"])
        await window.page.keyboard.press("Enter")
        await window.page.wait_for_url(re.compile(f"#/exchanges/{exchange}$"))
        await window.page.get_by_text("metadata plan").wait_for()
        secret = answer["access_token"].split(".")[1][:40]
        assert sent
        assert not [each for each in sent if secret in each]
        assert secret not in await window.page.content()


async def test_the_table_filters_by_its_address_and_a_row_opens_its_record(console: Opener, taped: Management) -> None:
    client = await taped.a_client(name="table", metadata={"plan": "blocked"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges?client_id={client.client_id}")
        rows = window.page.locator("tbody tr")
        await rows.first.wait_for()
        assert await rows.count() == 1
        await window.page.get_by_label("Filter by").select_option("outcome")
        await window.page.get_by_label("Value of the filter outcome").select_option("granted")
        await button(window, "Add filter").click()
        await window.page.get_by_text("No token request fits these filters").wait_for()
        await button(window, "Remove the filter outcome").click()
        await rows.first.click()
        await window.page.wait_for_url(re.compile(f"#/exchanges/{exchange}$"))
        await window.page.get_by_text("metadata plan").wait_for()


async def test_older_token_requests_are_a_page_of_their_own(console: Opener, management: Management) -> None:
    client = await management.a_client(name="many")
    for _ in range(53):
        assert (await management.ask(client.request())).status == 200
    window = await opened(console, f"/exchanges?client_id={client.client_id}")
    rows = window.page.locator("tbody tr")
    await window.page.get_by_role("link", name="Older").wait_for()
    assert await rows.count() == 50
    await window.page.get_by_role("link", name="Older").click()
    await window.page.get_by_text("These are the oldest that are kept").wait_for()
    assert await rows.count() == 3
    await window.page.get_by_role("link", name="Newest").click()
    await window.page.get_by_role("link", name="Older").wait_for()


async def test_a_record_shows_all_and_hostile_texts_do_nothing(console: Opener, taped: Management, axe: str) -> None:
    client = await taped.a_client(name="hostile \u202egnp", metadata={"plan": "</style>\u2066<script>"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges/{exchange}")
        main = window.page.locator("main")
        for text in (
            "onerror=alert(1)",
            "<script>alert(2)</script>",
            "<u>agent</u>",
            "was left out: the name is reserved",
            "waiting",
        ):
            await main.get_by_text(text).first.wait_for()
        await main.get_by_text("metadata plan").wait_for()
        for mark in ("U+202E", "U+001B", "U+2066"):
            assert await main.locator(".mark", has_text=mark).count() >= 1
        assert await main.locator("script, img, style, iframe").count() == 0
        assert await findings(window, axe) == []
        for tab in ("Explain", "Replay", "What if", "Save as test"):
            await window.page.get_by_role("link", name=tab, exact=True).click()
            await window.page.locator(".loading").wait_for(state="detached")
            assert await findings(window, axe) == []


async def test_why_a_claim_is_there_and_why_another_is_not(console: Opener, taped: Management) -> None:
    client = await taped.a_client(name="why", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id], name="why rule"):
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges/{exchange}?tab=explain")
        there = window.page.get_by_role("region", name="Claims and scopes in the token")
        await there.get_by_text("https://x/plan").wait_for()
        missing = window.page.get_by_role("region", name="Claims and scopes that are not in the token")
        await missing.get_by_text("branch not taken").first.wait_for()
        await window.page.get_by_label("Claim or scope").fill("sub")
        await missing.get_by_text("left out").first.wait_for()
        assert await there.count() == 0


async def test_what_would_bring_a_claim_is_found_and_tried_by_keys_alone(console: Opener, taped: Management) -> None:
    client = await taped.a_client(name="flip", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges/{exchange}?tab=explain")
        await window.page.get_by_label("Claim or scope").fill("limit")
        await button(window, "What would bring it?").focus()
        await window.page.keyboard.press("Enter")
        await window.page.get_by_text("found", exact=True).wait_for()
        await button(window, "Go on from there").focus()
        await window.page.keyboard.press("Enter")
        await window.page.get_by_label("Input 1").wait_for()
        assert await window.page.get_by_label("Input 1").input_value() == "client.metadata.plan"
        await window.page.get_by_label("Value 1").focus()
        await window.page.keyboard.press("Control+Enter")
        await window.page.get_by_role("region", name="Differences").get_by_text("https://x/limit").wait_for()


async def test_a_replay_is_equal_and_other_inputs_that_were_typed_outlive_a_reload(
    console: Opener, taped: Management
) -> None:
    client = await taped.a_client(name="replay", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges/{exchange}?tab=replay")
        await window.page.get_by_text("equal", exact=True).wait_for()
        await window.page.get_by_role("link", name="What if", exact=True).click()
        await window.page.get_by_label("Input 1").fill("client.metadata.plan")
        await window.page.get_by_label("Value 1").fill("blocked")
        await window.page.reload()
        assert await window.page.get_by_label("Value 1").input_value() == "blocked"
        await button(window, "What if?").click()
        await window.page.get_by_role("region", name="Differences").get_by_text("outcome").wait_for()


async def test_a_request_becomes_a_test_of_its_rule(console: Opener, taped: Management) -> None:
    client = await taped.a_client(name="tested", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id]) as rule:
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges/{exchange}?tab=test")
        await window.page.get_by_label("Name").fill("the free plan")
        await button(window, "Make the test").click()
        await window.page.get_by_role("heading", name="the free plan").wait_for()
        await button(window, "Add it to the rule's tests").click()
        await window.page.get_by_text("has one test more").wait_for()
        kept = (await taped.call("GET", f"/api/v2/rules/{rule['id']}")).body["cases"]
        assert [case["name"] for case in kept] == ["the free plan"]
        assert json.dumps(kept[0]["client"]["metadata"]) == '{"plan": "free"}'


async def test_without_the_scope_for_inputs_what_is_made_of_them_is_closed_with_its_name(
    console: Opener, taped: Management
) -> None:
    client = await taped.a_client(name="closed", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, _ = await asked(taped, client)
        window = await opened(console, f"/exchanges/{exchange}", scopes=("read:logs",))
        await window.page.get_by_text("needs read:exchange_inputs").wait_for()
        assert await window.page.get_by_text("metadata plan").count() == 0
        await window.page.get_by_role("link", name="Replay", exact=True).click()
        await window.page.get_by_text("needs read:exchange_inputs").wait_for()
        await window.go(f"/exchanges/{exchange}?tab=explain")
        await window.page.get_by_text("needs read:exchange_inputs").wait_for()


async def test_what_if_is_closed_to_who_may_not_change_rules(console: Opener, taped: Management) -> None:
    client = await taped.a_client(name="reader", metadata={"plan": "free"})
    async with taped.rule(PLAN, clients=[client.client_id]):
        exchange, _ = await asked(taped, client)
        scopes = ("read:logs", "read:exchange_inputs")
        window = await opened(console, f"/exchanges/{exchange}?tab=what-if", scopes=scopes)
        shut = window.page.get_by_role("button", name="What if?")
        await shut.wait_for()
        assert await shut.is_disabled()
        assert "needs update:rules" in await shut.inner_text()
