"""The components that pages are made of, in a real browser under the page's real policy, with hostile text in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.console_page import Console, Opener, findings

pytestmark = pytest.mark.timeout(120)

ALL = (Path(__file__).parents[2] / "fixtures/console_components.js").read_text()


async def with_components(console: Opener, **options: str) -> Console:
    window = await console(**options)
    await window.page.get_by_role("heading", name="Overview").wait_for()
    await window.page.evaluate(ALL)
    await window.page.get_by_role("heading", name="Components").wait_for()
    return window


async def test_hostile_text_is_shown_in_every_component_and_does_nothing(console: Opener) -> None:
    window = await with_components(console)
    await window.page.get_by_role("log", name="Remarks").get_by_text("U+202E").wait_for()
    assert await window.page.evaluate("window.attacked") is None
    assert await window.page.locator("main :is(img:not(.cm-widgetBuffer), script, style)").count() == 0
    for place in (".chip", ".virtual", ".table", ".waterfall", ".toast", ".legend"):
        assert "U+202E" in await window.page.locator(place).first.inner_text(), place
        assert "\u202e" not in await window.page.locator(place).first.inner_text(), place
    assert await window.page.locator(".cm-specialChar").count() >= 2, "the editor shows it, too"


async def test_of_ten_thousand_rows_few_are_in_the_document_and_keys_reach_each(console: Opener) -> None:
    window = await with_components(console)
    rows = window.page.get_by_role("listbox", name="Rows")
    assert await rows.get_by_role("option").count() < 80
    await rows.focus()
    for key, row in (("ArrowDown", 0), ("ArrowDown", 1), ("End", 9_999), ("ArrowUp", 9_998), ("Home", 0)):
        await window.page.keyboard.press(key)
        chosen = rows.get_by_role("option", selected=True)
        await chosen.wait_for()
        assert await chosen.get_attribute("aria-posinset") == str(row + 1)
    await window.page.keyboard.press("Enter")
    assert await window.page.evaluate("window.opened") == [0]


async def test_the_editor_is_written_in_and_left_by_keys(console: Opener) -> None:
    window = await with_components(console)
    editor = window.page.get_by_role("textbox", name="Rule", exact=True)
    await editor.click()
    await window.page.keyboard.press("Control+Home")
    await window.page.keyboard.type("let ink = 1;")
    assert str(await window.page.evaluate("window.written")).startswith("let ink = 1;")
    await window.page.keyboard.press("Escape")  # closes what completion may offer
    await window.page.keyboard.press("Escape")
    await window.page.keyboard.press("Tab")
    assert await window.page.evaluate("!document.activeElement.closest('.editor')")


async def test_what_cannot_be_undone_needs_the_name(console: Opener) -> None:
    window = await with_components(console)
    await window.page.evaluate("void window.ask()")
    dialog = window.page.get_by_role("dialog")
    assert (await dialog.inner_text()).count("U+202E") == 3, "in the title, the consequence and the name"
    sure = dialog.get_by_role("button", name="Do it")
    assert await sure.is_disabled()
    await dialog.get_by_role("textbox").fill("something else")
    assert await sure.is_disabled()
    await window.page.keyboard.press("Escape")
    await window.page.wait_for_function("() => window.answered === false")
    assert await window.page.evaluate("window.attacked") is None


async def test_axe_finds_nothing_serious_in_the_components(console: Opener, axe: str) -> None:
    window = await with_components(console)
    assert await findings(window, axe) == []
