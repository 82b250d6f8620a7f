"""The frame of the console: signing in, moving by mouse and by keys, and what the browser says of it."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.processes import BIN
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

FIRST_VIEW_BYTES = 300_000
_SENT = """performance.getEntriesByType('resource').reduce((sum, each) => sum + each.transferSize, 0)
  + performance.getEntriesByType('navigation')[0].transferSize"""


def heading(window: Console, name: str) -> Any:
    return window.page.get_by_role("heading", name=name, level=1)


async def test_who_is_not_signed_in_is_asked_to_without_a_word_of_the_tenant_s_records(console: Opener) -> None:
    window = await console(scopes=(), place="/rules/rul_1")
    await window.page.get_by_label("Client id").wait_for()
    assert "rul_1" not in await window.page.content()
    assert (await window.page.title()) == "Sign in · Rulemint"


async def test_a_wrong_secret_is_told_and_nothing_typed_is_lost(console: Opener) -> None:
    window = await console(scopes=())
    window.expected.append("401")
    await window.page.get_by_label("Client id").fill("nobody")
    await window.page.get_by_label("Client secret").fill("wrong")
    await window.page.get_by_role("button", name="Sign in", exact=True).click()
    await window.page.get_by_role("alert").wait_for()
    assert await window.page.get_by_label("Client id").input_value() == "nobody"


async def test_the_form_takes_keys_alone_and_the_session_outlives_a_reload(console: Opener) -> None:
    window = await console()
    await window.page.reload()
    await window.page.get_by_role("navigation", name="Pages").wait_for()
    assert await window.page.get_by_label("Client id").count() == 0


async def test_the_first_view_is_small(console: Opener) -> None:
    window = await console()
    await window.page.reload()
    fresh = await console()
    assert await fresh.page.evaluate(_SENT) < FIRST_VIEW_BYTES


async def test_the_palette_leads_to_a_page_by_keys_alone(console: Opener) -> None:
    window = await console(place="/nowhere")
    await window.page.get_by_text("There is no such page").wait_for()
    await window.page.keyboard.press("Control+k")
    await window.page.keyboard.type("overv")
    await window.page.keyboard.press("Enter")
    await heading(window, "Overview").wait_for()
    assert re.search(r"#/$", window.page.url)


async def test_an_address_without_the_number_sign_leads_to_its_page(console: Opener) -> None:
    window = await console()
    await window.page.goto(f"{window.url}/console/exchanges?outcome=denied")
    await heading(window, "Token requests").wait_for()
    assert window.page.url == f"{window.url}/console/#/exchanges?outcome=denied"
    for path in ("nowhere", "api/nowhere", "files/1/nowhere.js", "rules.js"):
        missing = await window.page.context.request.get(f"{window.url}/console/{path}")
        assert (missing.status, (await missing.json())["statusCode"]) == (404, 404), path


async def test_keys_go_on_at_the_page_that_was_gone_to(console: Opener) -> None:
    window = await console()
    for press, name in (("Control+k", "Clients"), ("g", "APIs")):
        await window.page.get_by_role("button", name="Sign out").focus()
        await window.page.keyboard.press(press)
        await window.page.keyboard.type("Go to Clients" if name == "Clients" else "a")
        if name == "Clients":
            await window.page.get_by_role("option", name="Go to Clients").first.wait_for()
            await window.page.keyboard.press("Enter")
        await heading(window, name).wait_for()
        assert await window.page.evaluate("document.activeElement.id") == "content"


async def test_a_question_mark_lists_the_shortcuts_and_escape_gives_the_focus_back(console: Opener) -> None:
    window = await console()
    await window.page.get_by_role("button", name="Shortcuts").focus()
    await window.page.keyboard.press("?")
    await window.page.get_by_role("dialog", name="Shortcuts").wait_for()
    await window.page.keyboard.press("Escape")
    await window.page.get_by_role("dialog").wait_for(state="detached")
    assert await window.page.evaluate("document.activeElement.textContent") == "Shortcuts"


async def test_axe_finds_nothing_serious(console: Opener, axe: str) -> None:
    signed_out = await console(scopes=())
    await signed_out.page.get_by_label("Client id").wait_for()
    assert await findings(signed_out, axe) == []
    window = await console()
    await heading(window, "Overview").wait_for()
    assert await findings(window, axe) == []
    await window.page.keyboard.press("Control+k")
    await window.page.get_by_role("option").first.wait_for()
    assert await findings(window, axe) == []


async def test_a_session_that_ended_leaves_the_page_as_it_is_until_somebody_signs_in_again(console: Opener) -> None:
    window = await console()
    window.expected.append("401")
    await window.page.context.clear_cookies()
    await window.page.keyboard.press("Control+k")  # asks for rules and clients
    await window.page.get_by_role("dialog", name="The session has ended").wait_for()


async def test_the_link_that_the_command_prints_signs_in_once_and_leaves_the_address(
    console: Opener, bare_system: System
) -> None:
    argv = [str(BIN / "rulemint"), "console", "--no-open"]
    variables = {**os.environ, "RULEMINT_DATA_DIR": str(bare_system.data_dir)}
    printed = subprocess.run(argv, env=variables, capture_output=True, text=True, check=True).stdout
    link = re.search(r"#link=\S+", printed)
    assert link is not None, printed
    window = await console(scopes=(), place="/nowhere")
    for signed_in in (True, False):
        await window.page.goto("about:blank")
        await window.page.goto(f"{window.url}/console/{link[0]}")
        if signed_in:
            await window.page.get_by_role("navigation", name="Pages").wait_for()
            assert link[0] not in window.page.url
            await window.page.get_by_role("button", name="Sign out").click()
        await window.page.get_by_label("Client id").wait_for()
    window.expected += ["401", "400"]
    await window.page.get_by_text("This link was used already").wait_for()


async def test_on_a_phone_the_pages_are_a_menu_of_one_row_that_keys_open_and_leave(console: Opener, axe: str) -> None:
    window = await console(viewport={"width": 390, "height": 700})
    await heading(window, "Overview").wait_for()
    side, pages = window.page.locator("header.side"), window.page.get_by_role("navigation", name="Pages")
    menu = window.page.get_by_role("button", name="Menu")
    assert (await side.bounding_box())["height"] < 60
    assert await pages.count() == 0
    assert await findings(window, axe) == []
    await menu.focus()
    await window.page.keyboard.press("Enter")
    await pages.wait_for()
    assert await menu.get_attribute("aria-expanded") == "true"
    assert await findings(window, axe) == []
    assert await window.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await window.page.keyboard.press("Tab")
    await window.page.keyboard.press("Escape")
    await pages.wait_for(state="detached")
    assert await window.page.evaluate("document.activeElement.textContent") == "Menu"
    await window.page.keyboard.press("Enter")
    await pages.get_by_role("link", name="Logs").click()
    await heading(window, "Logs").wait_for()
    assert await pages.count() == 0
    assert (await side.bounding_box())["height"] < 60


async def test_a_wide_window_has_every_page_in_sight_and_no_menu(console: Opener) -> None:
    window = await console()
    await window.page.get_by_role("navigation", name="Pages").wait_for()
    assert await window.page.get_by_role("button", name="Menu").count() == 0


async def test_a_phone_and_a_zoom_of_two_hundred_percent_need_no_scrolling_to_the_side(console: Opener) -> None:
    for width in (390, 640):
        window = await console(viewport={"width": width, "height": 700})
        await heading(window, "Overview").wait_for()
        await window.page.get_by_role("heading", name="Runners").wait_for()
        assert await window.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
