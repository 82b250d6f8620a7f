"""What is written in the console's windows and forms outlives a reload, and goes when a person saves or discards it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import Management, read_exchange
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

GOLD = "export default ({ client }) => ({ plan: 'gold' });\n"


@dataclass(frozen=True)
class Window:
    """A window with fields, and how it is opened."""

    path: str
    button: str
    fields: dict[str, str]
    """Label of a field → what somebody writes in it."""


WINDOWS = [
    pytest.param(
        Window("/clients", "New client", {"Name": "robot", "Description": "of a draft", "Metadata": '{"plan": "gold'}),
        id="a client",
    ),
    pytest.param(
        Window("/apis", "New API", {"Identifier": "https://draft.test/", "Name": "Draft", "Scopes": "read Read it"}),
        id="an API",
    ),
    pytest.param(Window("/grants", "New grant", {"Scopes": "read:orders write:orders"}), id="a grant"),
    pytest.param(Window("/tenants", "New tenant", {"Name": "drafted", "Hosts": "drafted.example"}), id="a tenant"),
    pytest.param(Window("/rules", "New rule", {"Name": "drafted rule"}), id="a rule"),
]


async def opened(window: Console, path: str, button: str) -> Any:
    await window.go(path)
    await window.page.get_by_role("button", name=button).click()
    dialog = window.page.get_by_role("dialog")
    await dialog.wait_for()
    return dialog


async def written(place: Any, fields: dict[str, str]) -> None:
    for label, text in fields.items():
        await place.get_by_label(label, exact=True).fill(text)


async def values(place: Any, fields: dict[str, str]) -> dict[str, str]:
    return {label: await place.get_by_label(label, exact=True).input_value() for label in fields}


@pytest.mark.parametrize("of", WINDOWS)
async def test_what_is_written_in_a_window_is_there_again_after_a_reload_until_it_is_discarded(
    console: Opener, of: Window
) -> None:
    window = await console()
    dialog = await opened(window, of.path, of.button)
    assert await dialog.get_by_text("You wrote this before").count() == 0
    await written(dialog, of.fields)
    await window.page.reload()
    dialog = await opened(window, of.path, of.button)
    await dialog.get_by_text("You wrote this before").wait_for()
    assert await values(dialog, of.fields) == of.fields
    await dialog.get_by_role("button", name="Discard the draft").click()
    assert set((await values(dialog, of.fields)).values()) == {""}
    await window.page.reload()
    dialog = await opened(window, of.path, of.button)
    assert set((await values(dialog, of.fields)).values()) == {""}
    assert await dialog.get_by_text("You wrote this before").count() == 0


async def test_a_draft_outlives_its_session_and_belongs_to_its_tenant(console: Opener, bare_system: System) -> None:
    window = await console()
    dialog = await opened(window, "/clients", "New client")
    await written(dialog, {"Name": "half"})
    await window.page.keyboard.press("Escape")
    await window.page.get_by_role("button", name="Sign out").click()
    await window.sign_in(bare_system.admin)
    dialog = await opened(window, "/clients", "New client")
    assert await values(dialog, {"Name": ""}) == {"Name": "half"}
    kept = await window.page.evaluate("Object.keys(localStorage)")
    tenant = await window.page.locator(".tenant").inner_text()
    assert [name for name in kept if name.endswith("new-client")] == [f"rulemint.draft.{tenant}.new-client"]


async def test_who_signs_out_is_told_of_drafts_and_may_discard_them(
    console: Opener, bare_system: System, axe: str
) -> None:
    window = await console()
    await window.page.evaluate("localStorage.setItem('rulemint.draft.another.new-client', '{}')")
    dialog = await opened(window, "/clients", "New client")
    await written(dialog, {"Name": "half"})
    await window.page.keyboard.press("Escape")
    await window.page.get_by_role("button", name="Sign out").click()
    note = window.page.get_by_role("region", name="Drafts")
    await note.get_by_text("1 draft of the tenant default stays in this browser").wait_for()
    assert await findings(window, axe) == []
    await note.get_by_role("button", name="Discard it").click()
    await window.page.get_by_text("The drafts are discarded.").wait_for()
    kept = await window.page.evaluate("Object.keys(localStorage).filter((name) => name.includes('new-client'))")
    assert kept == ["rulemint.draft.another.new-client"]
    await window.sign_in(bare_system.admin)
    await window.page.get_by_role("button", name="Sign out").click()
    await window.page.get_by_label("Client id").wait_for()
    assert await note.count() == 0


async def test_a_draft_is_gone_once_its_record_is_made(console: Opener) -> None:
    window = await console()
    dialog = await opened(window, "/clients", "New client")
    await written(dialog, {"Name": "made of a draft"})
    await dialog.get_by_role("button", name="Make the client").click()
    await window.page.get_by_role("button", name="I have kept it").click()
    dialog = await opened(window, "/clients", "New client")
    assert await values(dialog, {"Name": ""}) == {"Name": ""}
    assert "new-client" not in str(await window.page.evaluate("Object.keys(localStorage)"))


async def test_no_draft_has_a_secret(console: Opener, management: Management) -> None:
    async with management.rule(GOLD, name="secretive", enabled=False) as rule:
        window = await console()
        await window.go(f"/rules/{rule['id']}?tab=secrets")
        await written(window.page, {"Name": "API_KEY", "Value": "hush-hush"})
        await window.page.reload()
        assert await window.page.get_by_label("Name", exact=True).input_value() == "API_KEY"
        assert await window.page.get_by_label("Value", exact=True).input_value() == ""
        await window.go("/try")
        inputs = window.page.get_by_role("textbox", name="Inputs of the trial, as JSON")
        await inputs.focus()
        await window.page.keyboard.press("Control+a")
        await window.page.keyboard.insert_text('{"client": {"id": "kept"}, "secrets": {"API_KEY": "hush-hush"}}')
        await window.page.wait_for_function("() => JSON.stringify(localStorage).includes('kept')")
        assert "hush-hush" not in str(await window.page.evaluate("JSON.stringify(localStorage)"))


async def test_forms_beside_a_text_keep_what_is_not_saved(console: Opener, management: Management) -> None:
    async with management.rule(GOLD, name="fields", enabled=False) as rule:
        window = await console()
        window.expected += ["/api/v2/rules/try", "/api/v2/rules/check"]  # it checks until the test is over
        await window.go(f"/rules/{rule['id']}?tab=rule")
        await written(window.page, {"Description": "not saved yet"})
        await window.go(f"/rules/{rule['id']}?tab=tests")
        await window.page.get_by_role("button", name="Write tests").click()
        await window.page.get_by_role("textbox", name="The tests, as JSON").focus()
        await window.page.keyboard.press("Control+a")
        await window.page.keyboard.insert_text('[{"name": "half a test"')
        await window.page.reload()
        await window.page.get_by_text("half a test").wait_for()
        await window.page.get_by_role("tabpanel").get_by_role("button", name="Discard").click()
        await window.page.get_by_text("This text has no tests").wait_for()
        await window.go(f"/rules/{rule['id']}?tab=rule")
        assert await values(window.page, {"Description": ""}) == {"Description": "not saved yet"}
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"description": "of somebody else"})
        await window.page.reload()
        differs = window.page.get_by_role("region", name="What differs")
        await differs.get_by_text("of somebody else").wait_for()
        await window.page.get_by_role("button", name="Take theirs").click()
        assert await values(window.page, {"Description": ""}) == {"Description": "of somebody else"}


async def test_forms_of_tries_and_rollouts_keep_what_is_written(console: Opener, management: Management) -> None:
    client = await management.a_client(name="kept forms")
    async with management.rule(GOLD, name="forms", clients=[client.client_id]) as rule:
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": f"// two\n{GOLD}", "draft": True})
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": f"// three\n{GOLD}", "draft": True})
        answer = await management.ask(client.request())
        exchange = await read_exchange(management, answer.headers["x-request-id"])
        window = await console()
        window.expected.append("/rollout")  # there is none yet
        await window.go(f"/backtest?rule={rule['id']}&tab=canary")
        await written(window.page, {"Percent of the clients": "7, 70", "Tolerance in points": "3"})
        await window.page.reload()
        await window.page.get_by_text("You wrote this before").wait_for()
        written_before = {"Percent of the clients": "7, 70", "Tolerance in points": "3"}
        assert await values(window.page, written_before) == written_before
        await window.go(f"/backtest?rule={rule['id']}")
        version, since = (window.page.locator(".backtest-form select").nth(index) for index in (0, 1))
        await version.select_option("2")
        await since.select_option(label="the last day")
        await window.page.reload()
        await window.page.wait_for_function("() => document.querySelector('.backtest-form select')?.value === '2'")
        assert await since.input_value() == "86400000"
        await window.go(f"/exchanges/{exchange['id']}?tab=test")
        await written(window.page, {"Name": "half a name"})
        await window.page.reload()
        assert await values(window.page, {"Name": ""}) == {"Name": "half a name"}


async def test_a_grant_that_is_changed_keeps_what_is_written_and_shows_what_somebody_else_saved(
    console: Opener, management: Management
) -> None:
    made = await management.create("clients", {"name": "granted"})
    grant = {"client_id": made["client_id"], "audience": management.admin["audience"], "scope": ["read:rules"]}
    granted = await management.create("client-grants", grant)
    place = f"/grants?client_id={made['client_id']}&open={granted['id']}"
    window = await console()
    window.expected.append("412")
    await window.go(place)
    dialog = window.page.get_by_role("dialog")
    await written(dialog, {"Scopes": "read:rules read:logs"})
    await window.page.reload()
    assert await values(dialog, {"Scopes": ""}) == {"Scopes": "read:rules read:logs"}
    await management.call("PATCH", f"/api/v2/client-grants/{granted['id']}", {"scope": ["read:clients"]})
    await dialog.get_by_role("button", name="Save").click()
    await dialog.get_by_role("region", name="What differs").get_by_text("read:clients").wait_for()
    assert await dialog.get_by_role("button", name="Save").is_disabled()
    await dialog.get_by_role("button", name="Go on with yours").click()
    await dialog.get_by_role("button", name="Save").click()
    await dialog.wait_for(state="detached")
    kept = (await management.call("GET", f"/api/v2/client-grants/{granted['id']}")).body["scope"]
    assert sorted(kept) == ["read:logs", "read:rules"]
