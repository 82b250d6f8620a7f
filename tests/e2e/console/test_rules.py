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
FLOW = "/api/v2/flow"
LOOPS = "module.exports = () => { for (;;) {} };"
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


async def test_an_order_that_somebody_else_has_changed_is_shown_and_a_person_decides(
    console: Opener, bare_system: System
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(PLAIN, name="one") as one,
        management.rule(PLAIN, name="two") as two,
        management.rule(PLAIN, name="three") as three,
    ):
        window = await console(place="/rules")
        page = window.page
        window.expected += ["/api/v2/flow"] * 2  # the browser complains of each 412
        await page.get_by_role("button", name="Move three").focus()
        flow = (await management.call("GET", FLOW)).body["rules"]
        theirs = [*(each for each in flow if each not in {one["id"], two["id"]}), two["id"], one["id"]]
        assert (await management.call("PUT", FLOW, {"rules": theirs})).status == 200
        await page.keyboard.press("Home")
        told = page.get_by_role("alert").filter(has_text="Somebody has changed the flow")
        await told.wait_for()
        assert (await management.call("GET", FLOW)).body["rules"] == theirs, "nothing of theirs is overwritten"
        await told.get_by_role("button", name="Go on with yours").click()
        await eventually(lambda: _in_order(management, ["three", "one", "two"]))
        await told.wait_for(state="detached")
        await page.get_by_role("button", name="Move two").focus()
        assert (await management.call("PUT", FLOW, {"rules": theirs})).status == 200
        await page.keyboard.press("ArrowUp")
        await told.get_by_role("button", name="Take theirs").click()
        await told.wait_for(state="detached")
        await row(window, "three").wait_for()
        assert (await management.call("GET", FLOW)).body["rules"] == theirs
        assert three["id"] in theirs


async def test_an_order_is_saved_also_if_the_page_is_left_at_once(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(PLAIN, name="one"),
        management.rule(PLAIN, name="two"),
    ):
        window = await console(place="/rules")
        await window.page.get_by_role("button", name="Move two").focus()
        await window.page.keyboard.press("ArrowUp")
        await window.go("/clients")
        await eventually(lambda: _in_order(management, ["two", "one"]))


async def test_a_rule_that_pauses_says_so_in_the_list_and_is_resumed_there(
    console: Opener, bare_system: System
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(LOOPS, name="loops", limits={"timeout_s": 1.0}),
    ):
        client = await management.a_client()
        for _ in range(3):
            assert (await management.ask(client.request())).status != 200
        window = await console(place="/rules")
        shown = row(window, "loops")
        await shown.get_by_text("pauses", exact=True).wait_for()
        text = await shown.inner_text()
        assert f"for the client {client.client_id} until " in text
        assert "three timeouts of 1" in text
        await shown.get_by_role("button", name="Resume loops").focus()
        await window.page.keyboard.press("Enter")
        await shown.get_by_text("pauses", exact=True).wait_for(state="detached")


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


async def test_axe_finds_nothing_serious_in_the_list(console: Opener, bare_system: System, axe: str) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(PLAIN, name="seen", allow_hosts=["api.example.com"]),
    ):
        window = await console(place="/rules")
        await row(window, "seen").wait_for()
        assert await findings(window, axe) == []
        await window.page.keyboard.press("n")
        await window.page.get_by_role("radio").nth(4).wait_for()
        assert await findings(window, axe) == []
