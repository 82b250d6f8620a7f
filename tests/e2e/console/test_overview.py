"""The overview: tokens as they come, and what needs a person."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest

from fixtures.console_page import OPERATOR, Console, Opener, findings
from fixtures.management import Management
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

THROWS = "module.exports = (client, scope, audience, context, cb) => { throw new Error('out of ink'); };"
LOOPS = "module.exports = () => { for (;;) {} };"
PATIENCE_MS = 40_000
"""The page asks again every few seconds."""
_GRANTED = """before => [...document.querySelectorAll('.figures div')]
  .some(each => each.firstChild.textContent === 'granted'
    && Number(each.lastChild.textContent.replace(/[^0-9]/g, '')) >= before)"""


def item_of(window: Console, rule: str) -> Any:
    return window.page.get_by_role("listitem").filter(has_text=rule)


async def test_tokens_show_up_without_a_reload(console: Opener, management: Management) -> None:
    client = await management.a_client()
    assert (await management.ask(client.request())).status == 200
    window = await console()
    await window.page.get_by_role("region", name="Tokens of the last hour").wait_for(timeout=PATIENCE_MS)
    shown = await window.page.locator(".figures div", has_text="granted").locator("dd").inner_text()
    for _ in range(3):
        assert (await management.ask(client.request())).status == 200
    granted = int(re.sub(r"\D", "", shown))
    await window.page.wait_for_function(_GRANTED, arg=granted + 3, timeout=PATIENCE_MS)
    assert await window.page.get_by_role("img", name=re.compile("Token requests per minute")).is_visible()


async def test_the_minute_that_is_not_over_is_in_the_chart_and_is_said_to_be_so(
    console: Opener, management: Management
) -> None:
    client = await management.a_client()
    assert (await management.ask(client.request())).status == 200
    window = await console()
    chart = window.page.get_by_role("img", name=re.compile("^Token requests per minute. This minute so far: granted"))
    await chart.wait_for(timeout=PATIENCE_MS)
    assert await window.page.get_by_text("This minute so far", exact=True).count() == 2

    async def shows_one() -> bool:
        assert (await management.ask(client.request())).status == 200  # a minute may have ended in between
        return re.search(r"granted [1-9]", str(await chart.get_attribute("aria-label"))) is not None

    await eventually(shows_one)


async def test_a_rule_that_fails_is_named_and_leads_to_the_last_failure(
    console: Opener, management: Management
) -> None:
    client = await management.a_client()
    name = f"throws {secrets.token_hex(4)}"
    async with management.rule(THROWS, name=name):
        answer = await management.ask(client.request())
        assert answer.status != 200
        window = await console()
        item = item_of(window, name)
        await item.wait_for(timeout=PATIENCE_MS)
        assert "failed 1 time in 15 minutes: exception" in await item.inner_text()
        link = item.get_by_role("link", name="Open the last failure")
        assert await link.get_attribute("href") == f"#/exchanges/{answer.headers['x-request-id']}"


async def test_a_rule_that_pauses_is_resumed_by_keys_alone_and_not_by_a_session_without_the_scope(
    console: Opener, management: Management
) -> None:
    client = await management.a_client()
    name = f"loops {secrets.token_hex(4)}"
    async with management.rule(LOOPS, name=name):
        for _ in range(4):
            assert (await management.ask(client.request())).status != 200
        reader = await console(scopes=OPERATOR)
        await item_of(reader, name).wait_for(timeout=PATIENCE_MS)
        refused = item_of(reader, name).get_by_role("button", name="Resume needs update:rules")
        assert await refused.is_disabled()
        window = await console()
        await item_of(window, name).get_by_role("button", name="Resume").focus()
        await window.page.keyboard.press("Enter")
        await window.page.get_by_text(f"{name} runs again").wait_for()


async def test_quotas_are_shown_and_what_is_used_up_or_refused_needs_somebody(
    console: Opener, management: Management
) -> None:
    client = await management.a_client()
    quota = {"token_quota": {"client_credentials": {"per_hour": 1}}}
    assert (await management.call("PATCH", f"/api/v2/clients/{client.client_id}", quota)).status == 200
    assert [(await management.ask(client.request())).status for _ in range(3)] == [200, 429, 429]
    window = await console()
    card = window.page.get_by_role("region", name="Quotas")
    await card.get_by_text(re.compile("by the token quota of a client")).wait_for(timeout=PATIENCE_MS)
    assert await card.get_by_text("token requests that wait").is_visible()
    assert not await card.get_by_text("log records kept", exact=True).is_visible()
    await card.get_by_text("Records that are kept").click()
    assert await card.get_by_text("log records kept", exact=True).is_visible()
    item = item_of(window, "refused in the last hour by the token quota of a client")
    link = item.get_by_role("link", name="Show them")
    assert await link.get_attribute("href") == "#/exchanges?outcome=refused%3Atoo_many_requests"


async def test_a_session_without_scopes_is_told_which_ones_it_needs(console: Opener) -> None:
    window = await console(scopes=("read:clients",))
    await window.page.get_by_text("needs read:stats").first.wait_for()
    assert await window.page.get_by_text("needs read:rules").is_visible()


async def test_axe_finds_nothing_serious_on_an_overview_with_everything(
    console: Opener, management: Management, axe: str
) -> None:
    client = await management.a_client()
    async with management.rule(THROWS):
        await management.ask(client.request())
        window = await console()
        await window.page.get_by_role("link", name="Open the last failure").first.wait_for(timeout=PATIENCE_MS)
        await window.page.get_by_role("region", name="Tokens of the last hour").wait_for(timeout=PATIENCE_MS)
        assert await findings(window, axe) == []
