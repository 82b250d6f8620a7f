"""axe-core on every page and window of the console, dark and light: full, empty, failing, and closed to a session."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

import rulemint_gateway
from fixtures.console_axe import Looks, answer_errors, answer_nothing, settle
from fixtures.console_page import Console, a_person, findings_of_schemes, open_console
from fixtures.console_report import AXE
from fixtures.hostile_records import AGENT, hostile_records
from fixtures.management import Management
from fixtures.system import System

pytestmark = pytest.mark.timeout(300)

CONSOLE = Path(rulemint_gateway.__file__).parent / "web/console"
OPTIONS: dict[str, Any] = {"reduced_motion": "reduce", "user_agent": AGENT}
A_WINDOW = re.compile(r"<\$\{(Dialog|FormDialog|Once)\}")
PARTS = {f"components/{name}.js" for name in ("dialog", "form", "once")}
"""What windows are made of."""


@pytest.fixture
async def stack(management: Management) -> AsyncIterator[AsyncExitStack]:
    """It ends before *management* does."""
    assert management.session is not None
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def records(management: Management, stack: AsyncExitStack) -> dict[str, str]:
    """Path of a page with ``:id`` → the id of what it shows."""
    return await hostile_records(management, stack)


@pytest.fixture
def looks(axe: str, record_property: Callable[[str, object], None]) -> Iterator[Looks]:
    """Nothing serious may be found."""
    made = Looks(axe)
    yield made
    record_property(AXE, made.seen)
    assert made.serious == []


@pytest.fixture
async def window(chromium: Any, bare_system: System, stack: AsyncExitStack) -> Console:
    opened = await stack.enter_async_context(open_console(chromium, bare_system.url, **OPTIONS))
    opened.expected.append("404")  # of what a hostile record names, and there is not
    await opened.go("/")
    await opened.sign_in(bare_system.admin)
    return opened


async def test_every_page_with_records_in_it(window: Console, records: dict[str, str], looks: Looks) -> None:
    await looks.look_at_every_page(window, records, "", tabs=True)


async def test_every_page_that_has_nothing_to_show(window: Console, records: dict[str, str], looks: Looks) -> None:
    await answer_nothing(window)
    await looks.look_at_every_page(window, records, ", empty")


async def test_every_page_whose_calls_fail(window: Console, records: dict[str, str], looks: Looks) -> None:
    await answer_errors(window)
    await looks.look_at_every_page(window, records, ", failing")


async def test_every_page_of_a_session_that_may_see_nothing(
    chromium: Any,
    bare_system: System,
    management: Management,
    stack: AsyncExitStack,
    records: dict[str, str],
    looks: Looks,
) -> None:
    opened = await stack.enter_async_context(open_console(chromium, bare_system.url, **OPTIONS))
    await opened.go("/")
    await opened.page.get_by_label("Client id").wait_for()
    await looks.look(opened, "Sign in")
    await opened.page.get_by_label("Client id").fill("nobody")
    await opened.page.get_by_label("Client secret").fill("wrong")
    await opened.page.get_by_role("button", name="Sign in", exact=True).click()
    await opened.page.get_by_role("alert").wait_for()
    await looks.look(opened, "Sign in, refused")
    opened.expected.append("403")
    await opened.sign_in(await a_person(stack, management, ("read:stats",)))
    await looks.look_at_every_page(opened, records, ", closed")


async def test_every_window(window: Console, records: dict[str, str], looks: Looks) -> None:
    for name, open_it in WINDOWS.values():
        await open_it(window, records)
        await window.page.get_by_role("dialog").last.wait_for()
        await looks.look(window, name)
        await window.page.reload()
    await window.go("/nowhere")
    await settle(window)
    await looks.look(window, "A page that is not there")


def test_no_window_is_forgotten() -> None:
    found = {str(path.relative_to(CONSOLE)) for path in CONSOLE.rglob("*.js") if A_WINDOW.search(path.read_text())}
    assert found - PARTS == set(WINDOWS), "name each file with a window, and how it is opened"


async def test_a_text_that_only_the_dark_makes_hard_to_read_is_found(window: Console, axe: str) -> None:
    await settle(window)
    await window.page.evaluate(WEAK_IN_THE_DARK)
    found = await findings_of_schemes(window, axe)
    assert found["light"] == []
    assert [each for each in found["dark"] if each.startswith("color-contrast")]


def test_schemes_differ_in_colours_alone() -> None:
    """So what is no colour is looked at in one of them."""
    files = [path for pattern in ("*.js", "*.css", "*.html") for path in CONSOLE.rglob(pattern)]
    by_scheme = {str(path.relative_to(CONSOLE)) for path in files if "prefers-color-scheme" in path.read_text()}
    assert by_scheme == {"look/colours.css", "components/chart.js"}, "a chart is drawn anew, in other colours"
    dark = (CONSOLE / "look/colours.css").read_text().partition("prefers-color-scheme: dark) {")[2]
    assert set(re.findall(r"^ +([a-z][a-z-]*):", dark, re.MULTILINE)) == set()


async def test_the_window_of_a_session_that_ended(window: Console, looks: Looks) -> None:
    window.expected.append("401")
    await window.page.context.clear_cookies()
    await window.page.keyboard.press("Control+k")
    await window.page.get_by_role("dialog", name="The session has ended").wait_for()
    await looks.look(window, "The session has ended")


async def press(window: Console, path: str, *names: str) -> None:
    """Go to *path*, and press the buttons of *names* one after the other."""
    await window.go(path)
    await settle(window)
    for name in names:
        await window.page.get_by_role("button", name=name, exact=True).last.click()


def by_button(path: str, *names: str) -> Callable[[Console, dict[str, str]], Awaitable[None]]:
    async def open_it(window: Console, records: dict[str, str]) -> None:
        await press(window, path.format(client=records["/clients/:id"], rule=records["/rules/:id"]), *names)

    return open_it


def by_keys(keys: str) -> Callable[[Console, dict[str, str]], Awaitable[None]]:
    async def open_it(window: Console, _records: dict[str, str]) -> None:
        await press(window, "/rules")
        await window.page.keyboard.press(keys)

    return open_it


async def open_an_audit_record(window: Console, _records: dict[str, str]) -> None:
    await press(window, "/audit")
    await window.page.get_by_role("button", name=re.compile("^Show the record")).first.click()


async def deploy(window: Console, records: dict[str, str]) -> None:
    await press(window, f"/rules/{records['/rules/:id']}")
    await window.page.get_by_role("button", name=re.compile("^Deploy…")).click()


async def compare_versions(window: Console, records: dict[str, str]) -> None:
    await press(window, f"/rules/{records['/rules/:id']}?tab=versions")
    await window.page.get_by_role("button", name=re.compile("^Compare")).first.click()


async def merge(window: Console, records: dict[str, str]) -> None:
    """Somebody has saved another version than the one that a kept text was begun on."""
    await press(window, f"/rules/{records['/rules/:id']}")
    await window.page.get_by_role("textbox", name="Text of").focus()
    await window.page.keyboard.insert_text("// mine\n")
    await window.page.wait_for_function(KEPT)
    await window.page.evaluate(OLDER)
    await window.page.reload()


WEAK_IN_THE_DARK = "document.styleSheets[0].insertRule('@media (prefers-color-scheme: dark) { h1 { color: #222; } }')"
KEPT = "() => Object.keys(localStorage).some((each) => each.includes('.rule/'))"
OLDER = """() => {
  const name = Object.keys(localStorage).find((each) => each.includes(".rule/"));
  const kept = JSON.parse(localStorage.getItem(name));
  kept.draft.number -= 1;
  addEventListener("pagehide", () => localStorage.setItem(name, JSON.stringify(kept)));
}"""
"""Registered last, so it writes after the page has."""

WINDOWS: dict[str, tuple[str, Callable[[Console, dict[str, str]], Awaitable[None]]]] = {
    "components/keys.js": ("Shortcuts", by_keys("?")),
    "components/palette.js": ("Palette", by_keys("Control+k")),
    "pages/apis/apis.js": ("New API", by_button("/apis", "New API")),
    "pages/audit/audit.js": ("Audit record", open_an_audit_record),
    "pages/clients/clients.js": ("New client", by_button("/clients", "New client")),
    "pages/clients/secrets.js": ("New secret", by_button("/clients/{client}", "New secret")),
    "pages/editor/deploy.js": ("Deploy", deploy),
    "pages/editor/versions.js": ("Compare versions", compare_versions),
    "pages/grants/grant_form.js": ("New grant", by_button("/grants", "New grant")),
    "pages/rules/new_rule.js": ("New rule", by_button("/rules", "New rule")),
    "pages/tenants/tenants.js": ("New tenant", by_button("/tenants", "New tenant")),
    "components/layout.js": ("A question", by_button("/keys", "Rotate")),
    "pages/editor/merge_theirs.js": ("Merge", merge),
}
"""Source of a window → its name, and how to open it.

The windows of `layout.js` are a question and an ended session. The text that the last one leaves unsaved would open it
again."""
