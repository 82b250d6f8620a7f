"""Trials: of a recorded request, of a client, by hand; of a rule and of the whole flow."""

from __future__ import annotations

import pytest

from fixtures.console_page import Opener, findings
from fixtures.management import open_management
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

SCRIPT = """export default ({ client, scope }) => {
  console.log(`for ${client.id}`);
  return { plan: client.metadata.plan ?? 'free', iss: 'mine' };
};
"""


async def test_a_recorded_request_becomes_an_example_by_its_address(console: Opener, bare_system: System) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        client = await management.a_client()
        async with management.rule(SCRIPT, name="recorded"):
            answer = await management.ask(client.request())
            window = await console(place=f"/try?exchange={answer.headers['x-request-id']}")
            result = window.page.get_by_role("region", name="How it ended")
            await result.get_by_text(f'"sub": "{client.client_id}@clients"').wait_for()
            await result.get_by_text("the name is reserved", exact=True).wait_for()
            await result.get_by_text(f"for {client.client_id}").wait_for()
            await result.get_by_text("rule recorded v1").wait_for()


async def test_by_hand_and_by_keys_alone_one_rule_is_tried_as_somebody_types(
    console: Opener, bare_system: System
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(SCRIPT, name="typed", enabled=False) as rule,
    ):
        window = await console(place=f"/try?rule={rule['id']}")
        page = window.page
        await page.get_by_role("textbox", name="Inputs of the trial").focus()
        await page.keyboard.press("Control+a")
        await page.keyboard.insert_text('{"client": {"id": "acme", "metadata": {"plan": "silver"}}')
        await page.get_by_text("This is not JSON yet").wait_for()
        await page.keyboard.insert_text("}")
        await page.get_by_text('"plan": "silver"').last.wait_for()
        await page.keyboard.press("Control+Enter")
        await page.get_by_text("for acme").wait_for()
        await page.reload()
        await page.get_by_text('"silver"').first.wait_for()


async def test_a_request_that_is_not_kept_is_told(console: Opener) -> None:
    window = await console(place="/try?exchange=exc_01a212dbf7d09a0c5f878fff0915")
    window.expected.append("404")
    await window.page.get_by_role("alert").wait_for()


async def test_axe_finds_nothing_serious_in_a_trial(console: Opener, bare_system: System, axe: str) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(SCRIPT, name="seen"),
    ):
        window = await console(place="/try")
        await window.page.get_by_text("the name is reserved", exact=True).wait_for()
        assert await findings(window, axe) == []
