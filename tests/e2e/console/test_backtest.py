"""The console's page of versions that are tried: on recorded token requests, and on live ones."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import ApiClient, Management
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

LIVE = "export default async ({ client }) => ({ plan: client.metadata.plan });"
DRAFT = """export default async ({ client }) => {
  if (client.metadata.plan === 'free') throw new Error('<img src=x onerror=alert(1)> \\u202e');
  return { plan: '<script>alert(2)</script>\\u2066' };
};"""


@asynccontextmanager
async def a_draft(
    management: Management, *plans: str
) -> AsyncIterator[tuple[dict[str, Any], list[ApiClient], list[str]]]:
    """A rule with a draft, a client of each plan, and the ids of their token requests, which left tapes."""
    await management.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"failures": True, "one_in": 1}})
    clients = [await management.a_client(name=f"{plan} \u202eclient", metadata={"plan": plan}) for plan in plans]
    ids = [client.client_id for client in clients]
    async with management.rule(LIVE, clients=ids, name="tried rule") as rule:
        asked = [(await management.ask(client.request())).headers["x-request-id"] for client in clients]
        for exchange in asked:

            async def tape(exchange: str = exchange) -> int:
                return (await management.call("GET", f"/api/v2/exchanges/{exchange}/tape")).status

            await eventually(tape, lambda status: status == 200)
        draft = {"draft": True, "script": DRAFT}
        assert (await management.call("PATCH", f"/api/v2/rules/{rule['id']}", draft)).status == 200
        yield rule, clients, asked
    await management.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"failures": True, "one_in": 100}})


async def opened(console: Opener, rule: dict[str, Any], tab: str = "", **options: Any) -> Console:
    window = await console(place=f"/backtest?rule={rule['id']}&tab={tab}", **options)
    window.expected.append("/rollout")  # a 404 until there is one
    await window.page.get_by_role("heading", level=1, name="Backtest and canary").wait_for()
    return window


def button(window: Console, name: str) -> Any:
    return window.page.get_by_role("button", name=name, exact=True)


async def test_a_backtest_tells_what_changes_by_kind_and_client_and_each_opens_its_record(
    console: Opener, management: Management, axe: str
) -> None:
    async with a_draft(management, "free", "gold") as (rule, _, (free, _gold)):
        window = await opened(console, rule)
        await button(window, "Start the backtest").focus()
        await window.page.keyboard.press("Enter")
        result = window.page.get_by_role("region", name="Result of the backtest")
        await result.get_by_text("Done. 2 token requests replayed.").wait_for()
        group = result.locator("details").filter(has_text="newly failed")
        await group.locator("summary").focus()
        await window.page.keyboard.press("Enter")
        await group.get_by_text("onerror=alert(1)").wait_for()
        await result.locator("details").filter(has_text="claim changed").locator("summary").click()
        await result.get_by_text("<script>alert(2)</script>").wait_for()
        assert await result.locator(".mark", has_text="U+202E").count() >= 2
        assert await result.locator("script, img").count() == 0
        assert await findings(window, axe) == []
        await group.get_by_role("link").first.click()
        await window.page.wait_for_url(re.compile(f"#/exchanges/{free}$"))
        await window.page.get_by_text("metadata plan").wait_for()
        await window.page.go_back()
        await result.get_by_text("Done. 2 token requests replayed.").wait_for()


async def test_a_canary_shows_both_versions_side_by_side_until_somebody_stops_it(
    console: Opener, management: Management, axe: str
) -> None:
    async with a_draft(management, "gold") as (rule, (client,), _):
        window = await opened(console, rule, "canary")
        await window.page.get_by_label("Percent of the clients").fill("99, 100")
        await window.page.get_by_label("Seconds a step lasts").fill("3600")
        assert await findings(window, axe) == []
        await button(window, "Start the canary").focus()
        await window.page.keyboard.press("Enter")
        await window.page.get_by_text("too few", exact=True).wait_for()
        assert (await management.ask(client.request())).status == 200
        versions = window.page.get_by_role("region", name="The two versions")
        await versions.get_by_text("1", exact=True).first.wait_for()
        await versions.get_by_text("Version 2, the canary").wait_for()
        assert await findings(window, axe) == []
        await button(window, "Stop").click()
        await window.page.get_by_text("stopped", exact=True).wait_for()
        await window.page.get_by_text("Roll a version out").wait_for()


async def test_a_shadow_is_counted_and_its_differences_are_in_the_log(console: Opener, management: Management) -> None:
    async with a_draft(management, "gold") as (rule, (client,), _):
        window = await opened(console, rule, "canary")
        await window.page.get_by_role("combobox", name="As", exact=True).select_option("shadow")
        await window.page.get_by_label("Percent of the requests").fill("100")
        await button(window, "Start the shadow").click()
        await window.page.get_by_text("cannot be told").wait_for()

        async def different() -> str:
            await management.ask(client.request())
            return str(await window.page.locator(".tally", has_text="different").locator("dd").inner_text())

        await eventually(different, lambda text: text != "0")
        await window.page.get_by_role("link", name="Each difference in the log").click()
        await window.page.locator(".virtual-row").first.wait_for()
        assert (await management.call("DELETE", f"/api/v2/rules/{rule['id']}/rollout")).status == 204


async def test_who_may_change_no_rule_starts_nothing_and_sees_which_scope_is_missing(
    console: Opener, management: Management
) -> None:
    async with a_draft(management, "gold") as (rule, _, _):
        window = await opened(console, rule, scopes=("read:rules", "read:logs"))
        shut = window.page.get_by_role("button", name="Start the backtest")
        await shut.wait_for()
        assert await shut.is_disabled()
        assert "needs read:exchange_inputs" in await shut.inner_text()
