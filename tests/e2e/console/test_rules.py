"""The list of rules, by mouse and by keys: what it shows, their order, and what a deletion says."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import Management, open_management
from fixtures.system import System
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

HOSTILE = "<img src=x onerror=alert(1)>\u202e<style>*{display:none}</style>\u0007"
PLAIN = "export default () => ({ plan: 'gold' });"


async def names(management: Management) -> list[str]:
    return [rule["name"] for rule in (await management.call("GET", "/api/v2/rules")).body]


def row(window: Console, name: str) -> Any:
    return window.page.get_by_role("row").filter(has=window.page.get_by_role("link", name=name, exact=True))


async def test_rules_are_ordered_by_keys_and_by_mouse(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(PLAIN, name="one"),
        management.rule(PLAIN, name="two"),
        management.rule(PLAIN, name="three"),
    ):
        window = await console(place="/rules")
        await window.page.get_by_role("button", name="Move three").focus()
        await window.page.keyboard.press("ArrowUp")
        await window.page.keyboard.press("ArrowUp")
        await eventually(lambda: _in_order(management, ["three", "one", "two"]))
        await window.page.reload()
        handle, first = window.page.get_by_role("button", name="Move three"), row(window, "two")
        await handle.drag_to(first)
        await eventually(lambda: _in_order(management, ["one", "two", "three"]))


async def _in_order(management: Management, wanted: list[str]) -> bool:
    return [name for name in await names(management) if name in wanted] == wanted


async def test_a_rule_is_made_of_an_example_turned_on_and_deleted_by_keys_alone(
    console: Opener, bare_system: System
) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        window = await console(place="/rules")
        page = window.page
        await page.get_by_role("heading", name="Rules", level=1).wait_for()
        await page.keyboard.press("n")
        await page.get_by_role("dialog", name="New rule").wait_for()
        await page.keyboard.type("by keys")
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="by keys", level=1).wait_for()
        made = next(rule for rule in (await management.call("GET", "/api/v2/rules")).body if rule["name"] == "by keys")
        assert (made["enabled"], made["version"]) == (False, 1)
        await page.keyboard.press("g")
        await page.keyboard.press("r")
        await page.get_by_role("button", name="by keys is off").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="by keys is on").wait_for()
        await page.get_by_role("button", name="Delete by keys").focus()
        await page.keyboard.press("Enter")
        asked = page.get_by_role("dialog", name="Delete the rule by keys")
        await asked.get_by_text("for every client and API").wait_for()
        assert await asked.get_by_role("button", name="Delete it").is_disabled()
        await asked.get_by_label("Type by keys to confirm").fill("by keys")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="by keys", exact=True).wait_for(state="detached")
        assert "by keys" not in await names(management)


async def test_what_fails_last_and_what_a_rule_writes_are_shown_as_text(console: Opener, bare_system: System) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        script = f"export default () => {{ throw new Error({HOSTILE!r}); }};"
        async with management.rule(script, name="hostile", description=HOSTILE):
            await management.ask((await management.a_client()).request())
            window = await console(place="/rules")
            shown = row(window, "hostile")
            await shown.get_by_text("exception:").wait_for()
            text = await shown.inner_text()
            assert "<img src=x onerror=alert(1)>" in text
            assert "U+202E" in text
            assert "\u202e" not in text


async def test_who_may_only_read_sees_what_each_button_needs(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(PLAIN, name="seen") as rule,
    ):
        window = await console(scopes=("read:rules",), place="/rules")
        new = window.page.get_by_role("button", name="New rule")
        await new.wait_for()
        assert await new.is_disabled()
        assert "needs create:rules" in await new.inner_text()
        await window.go(f"/rules/{rule['id']}")
        await window.page.get_by_text("Read only: it needs update:rules").wait_for()
        assert await window.page.get_by_role("button", name="Save").is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious_in_the_list(
    console: Opener, bare_system: System, axe: str, scheme: str
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(PLAIN, name="seen", allow_hosts=["api.example.com"]),
    ):
        window = await console(place="/rules", color_scheme=scheme)
        await row(window, "seen").wait_for()
        assert await findings(window, axe) == []
        await window.page.keyboard.press("n")
        await window.page.get_by_role("radio").nth(4).wait_for()
        assert await findings(window, axe) == []
