"""A rule from its text to its deployment: typed, checked, kept, tried, tested, compared, merged, rolled back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import Management, open_management
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

GOLD = "export default ({ client }) => ({ plan: 'gold' });\n"
GREEN = "export default ({ client }) => ({ plan: 'green' });\n"
HOSTILE = "<script>alert(1)</script>\u202e\u0007"
ALWAYS_GOLD = [{"name": "everybody is gold", "expect": {"claims": {"plan": "gold"}}}]


async def opened(console: Opener, rule: dict[str, Any], **options: Any) -> Console:
    window = await console(place=f"/rules/{rule['id']}", **options)
    asked = (f"{window.url}/api/v2/rules/{each}" for each in ("try", "check"))
    window.expected += [f"404 (Not Found) ({each})" for each in asked]  # it checks until the test is over
    await window.page.get_by_text("It loads").wait_for()
    return window


async def written(window: Console, text: str) -> None:
    """Replace the whole text of the rule, as somebody does who pastes."""
    await window.page.get_by_role("textbox", name="Text of").focus()
    await window.page.keyboard.press("Control+a")
    await window.page.keyboard.insert_text(text)


async def version_of(management: Management, rule: dict[str, Any]) -> tuple[int, int | None]:
    now = (await management.call("GET", f"/api/v2/rules/{rule['id']}")).body
    return now["version"], now["draft_version"]


async def test_by_keys_alone_a_text_is_saved_tried_deployed_and_rolled_back(
    console: Opener, bare_system: System
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="walked", enabled=False) as rule,
    ):
        window = await opened(console, rule)
        page = window.page
        await written(window, GREEN)
        await page.keyboard.press("Control+s")
        await page.get_by_text("draft v2", exact=True).wait_for()
        assert await version_of(management, rule) == (1, 2)
        await page.keyboard.press("Control+Enter")
        await page.get_by_role("tabpanel").get_by_text('"plan": "green"').wait_for()
        await page.keyboard.press("Control+Shift+Enter")
        await page.get_by_role("dialog", name="Deploy walked: v1 → v2").wait_for()
        await page.get_by_role("button", name="Deploy", exact=True, disabled=False).focus()
        await page.keyboard.press("Enter")
        await page.get_by_text("v2 is off").wait_for()
        assert await version_of(management, rule) == (2, None)
        await page.get_by_role("tab", name="Try").focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        await page.get_by_role("button", name="Roll back to v1").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Roll back", exact=True, disabled=False).focus()
        await page.keyboard.press("Enter")
        await page.get_by_text("v1 is off").wait_for()
        assert await version_of(management, rule) == (1, None)


async def test_a_problem_is_underlined_at_its_place_as_somebody_types(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="broken", enabled=False) as rule,
    ):
        window = await opened(console, rule)
        await written(window, "export default () => {\n  const wrong = ;\n};\n")
        await window.page.get_by_role("button", name=re.compile(r"^2:\d+ SyntaxError")).click()
        assert await window.page.locator(".cm-lintRange-error").count() == 1
        assert await window.page.get_by_role("button", name="Deploy").is_disabled()
        await written(window, GREEN)
        await window.page.get_by_text("It loads").wait_for()
        assert await window.page.locator(".cm-lintRange-error").count() == 0


async def test_members_of_what_a_rule_is_told_are_completed_and_explained(console: Opener, bare_system: System) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        python = "def rule(client, scope, audience, context):\n    return {}\n"
        async with management.rule(python, name="typed", language="python", enabled=False) as rule:
            window = await opened(console, rule)
            await written(window, "def rule(client, scope, audience, context):\n    plan = ")
            await window.page.keyboard.type('client["meta')
            await window.page.get_by_role("option", name="metadata").wait_for()
            await window.page.wait_for_timeout(100)  # CodeMirror takes no key at once, lest it was meant for the text
            await window.page.keyboard.press("Enter")
            await window.page.get_by_text("metadata").first.hover()
            await window.page.get_by_text("metadata: dict[str, str]").wait_for()


async def test_what_is_not_saved_outlives_a_reload_and_is_discarded_only_by_a_person(
    console: Opener, bare_system: System
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="kept", enabled=False) as rule,
    ):
        window = await opened(console, rule)
        await written(window, GREEN)
        await window.page.get_by_text("not saved").wait_for()
        await window.page.reload()
        await window.page.get_by_text("'green'").wait_for()
        await window.page.get_by_role("button", name="Discard").click()
        await window.page.get_by_text("'gold'").wait_for()
        await window.page.reload()
        await window.page.get_by_text("'gold'").wait_for()


async def test_what_is_not_saved_stays_when_an_older_version_is_deployed(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="went back", enabled=False) as rule,
    ):
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": f"// two\n{GOLD}"})
        window = await opened(console, rule)
        await written(window, GREEN)
        await window.page.get_by_role("tab", name="Versions").click()
        await window.page.get_by_role("button", name="Roll back to v1").click()
        await window.page.get_by_role("button", name="Roll back", exact=True).click()
        await window.page.get_by_text("v1 is off").wait_for()
        await window.page.get_by_text("'green'").wait_for()
        await window.page.get_by_text("not saved").wait_for()
        assert await window.page.get_by_role("dialog").count() == 0


async def test_who_saves_what_another_has_changed_merges_the_two(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="shared", enabled=False) as rule,
    ):
        window = await opened(console, rule)
        window.expected.append("412")
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": f"// theirs\n{GOLD}", "draft": True})
        await written(window, GREEN)
        await window.page.keyboard.press("Control+s")
        merge = window.page.get_by_role("dialog", name="Version 2 was saved in between")
        await merge.get_by_text("// theirs").wait_for()
        await merge.get_by_role("button", name="Take the right side").click()
        await window.page.get_by_role("textbox", name="Text of").focus()
        await window.page.keyboard.press("Control+s")
        await window.page.get_by_text("draft v3", exact=True).wait_for()
        saved = (await management.call("GET", f"{path}/versions/3")).body
        assert saved["script"] == GREEN


async def test_red_tests_keep_a_version_from_going_live_until_somebody_insists(
    console: Opener, bare_system: System
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="tested", enabled=False, cases=ALWAYS_GOLD) as rule,
    ):
        window = await opened(console, rule)
        window.expected.append("409")
        page = window.page
        await page.get_by_role("tab", name="Tests").click()
        await page.get_by_text("All green").wait_for()
        await written(window, GREEN)
        await page.get_by_role("button", name="Run all").click()
        await page.get_by_text('claims.plan: expected "gold", got "green"').wait_for()
        await page.get_by_role("button", name="Deploy…").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Deploy", exact=True).click()
        await dialog.get_by_role("alert").get_by_text("everybody is gold").wait_for()
        assert (await version_of(management, rule))[0] == 1
        await dialog.get_by_role("button", name="Deploy all the same").click()
        await page.get_by_text("v2 is off").wait_for()
        assert (await version_of(management, rule))[0] == 2


async def test_secrets_go_in_and_never_come_out(console: Opener, bare_system: System) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="secret", enabled=False) as rule,
    ):
        window = await opened(console, rule)
        page = window.page
        await page.get_by_role("tab", name="Secrets").click()
        await page.get_by_label("Name", exact=True).fill("KEY")
        await page.get_by_label("Value", exact=True).fill("hunter22")
        await page.get_by_role("button", name="Add it").click()
        await page.get_by_role("button", name="Replace KEY").wait_for()
        assert "hunter22" not in await page.content()
        names = (await management.call("GET", f"/api/v2/rules/{rule['id']}/secrets")).body
        assert list(names) == ["KEY"]


async def test_what_a_rule_logs_and_throws_is_text(console: Opener, bare_system: System) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        script = f"export default () => {{ console.log({HOSTILE!r}); return {{ {HOSTILE!r}: {HOSTILE!r} }}; }};\n"
        async with management.rule(script, name="writes", enabled=False, cases=[]) as rule:
            window = await opened(console, rule)
            await window.page.keyboard.press("Control+Enter")
            panel = window.page.get_by_role("tabpanel")
            await panel.get_by_role("heading", name="Log").wait_for()
            text = await panel.inner_text()
            assert text.count("<script>alert(1)</script>") >= 2
            assert "\u202e" not in text


async def test_axe_finds_nothing_serious_in_any_part_of_the_editor(
    console: Opener, bare_system: System, axe: str
) -> None:
    async with (
        open_management(bare_system.url, bare_system.admin) as management,
        management.rule(GOLD, name="looked at", enabled=False, cases=ALWAYS_GOLD) as rule,
    ):
        window = await opened(console, rule)
        await window.page.keyboard.press("Control+Enter")
        await window.page.get_by_role("heading", name="Payload of the token").wait_for()
        assert await findings(window, axe) == []
        for tab in ("Tests", "Versions", "Permissions", "Secrets", "Rule"):
            await window.page.get_by_role("tab", name=tab).click()
            await window.page.wait_for_load_state("networkidle")
            assert await findings(window, axe) == [], tab
        await written(window, GREEN)
        await window.page.keyboard.press("Control+Shift+Enter")
        await window.page.get_by_role("button", name="Deploy", exact=True).wait_for()
        assert await findings(window, axe) == []
