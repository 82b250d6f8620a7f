"""The console's pages of clients, APIs, grants, keys, settings, audit, sessions and tenants."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import open_management
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

PLACES = ("/clients", "/apis", "/grants", "/keys", "/settings", "/audit", "/sessions", "/tenants")
READER = ("read:clients", "read:resource_servers", "read:client_grants", "read:signing_keys", "read:sessions")
API = "https://orders.console.test/"
HOSTILE = "\u202e'\"&amp;${alert(1)} javascript:alert(1) \u200b\u2066x"


def button(window: Console, name: str) -> Any:
    return window.page.get_by_role("button", name=name, exact=True)


async def opened(window: Console, place: str, heading: str) -> None:
    await window.go(place)
    await window.page.get_by_role("heading", name=heading, level=1).wait_for()


async def test_a_client_is_made_granted_used_rotated_and_deleted(console: Opener, bare_system: System) -> None:
    window = await console()
    page = window.page
    await opened(window, "/apis", "APIs")
    await button(window, "New API").click()
    await page.get_by_label("Identifier", exact=True).fill(API)
    await page.get_by_label("Name", exact=True).fill("Orders")
    await page.get_by_label("Scopes", exact=True).fill("read:orders Read orders\nwrite:orders")
    await button(window, "Make the API").click()
    await page.get_by_role("heading", name="Orders", level=1).wait_for()

    await opened(window, "/clients", "Clients")
    await button(window, "New client").click()
    await page.get_by_label("Name", exact=True).fill("billing robot")
    await page.get_by_label("Metadata", exact=True).fill('{"plan": "gold"}')
    await button(window, "Make the client").click()
    client_id = await page.locator("dd code").nth(0).inner_text()
    secret = await page.locator("dd code").nth(1).inner_text()
    await button(window, "I have kept it").click()
    await page.get_by_role("heading", name="billing robot", level=1).wait_for()
    assert secret not in await page.content()

    await opened(window, f"/grants?client_id={client_id}", "Grants")
    await button(window, "New grant").click()
    await page.get_by_label("API", exact=True).select_option(API)
    await page.get_by_label("read:orders").check()
    await button(window, "Save").click()
    await page.get_by_role("link", name=client_id).wait_for()
    token = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "audience": API}
    async with open_management(bare_system.url, bare_system.admin) as management:
        assert (await management.ask(token)).body["scope"] == "read:orders"

        await opened(window, f"/clients/{client_id}", "billing robot")
        await button(window, "Rotate").click()
        await page.get_by_label("to confirm").fill(client_id)
        await page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
        await page.get_by_role("heading", name="The secret is made").wait_for()
        assert await page.locator("dd code").inner_text() != secret
        await button(window, "I have kept it").click()
        assert (await management.ask(token)).status == 401

    await button(window, "Delete").click()
    confirm = page.get_by_role("dialog").get_by_role("button", name="Delete")
    assert await confirm.is_disabled()
    assert API in await page.get_by_role("dialog").inner_text()
    await page.get_by_label("to confirm").fill(client_id)
    await confirm.click()
    await page.get_by_role("heading", name="Clients", level=1).wait_for()
    assert await page.get_by_role("link", name="billing robot").count() == 0


async def test_what_somebody_else_changed_is_shown_and_a_person_decides(console: Opener, bare_system: System) -> None:
    window = await console()
    page = window.page
    window.expected.append("412")
    async with open_management(bare_system.url, bare_system.admin) as management:
        made = await management.create("clients", {"name": "shared"})
        path = f"/api/v2/clients/{made['client_id']}"
        await opened(window, f"/clients/{made['client_id']}", "shared")
        for answer, mine, kept in (("Go on with yours", "mine", "mine"), ("Take theirs", "mine, too", "theirs")):
            await management.call("PATCH", path, {"description": "theirs"})
            await page.get_by_label("Description").fill(mine)
            await button(window, "Save").click()
            differs = page.get_by_role("region", name="What differs")
            assert [each in await differs.inner_text() for each in ("theirs", "mine")] == [True, True]
            assert (await management.call("GET", path)).body["description"] == "theirs"
            await button(window, answer).click()
            await differs.wait_for(state="detached")
            assert await page.get_by_label("Description").input_value() == kept
            await page.get_by_label("Name", exact=True).fill(f"shared {kept}")
            await button(window, "Save").click()
            await page.get_by_role("heading", name=f"shared {kept}", level=1).wait_for()
            assert (await management.call("GET", path)).body["description"] == kept


async def test_what_is_not_saved_outlives_a_reload(console: Opener, bare_system: System) -> None:
    window = await console()
    async with open_management(bare_system.url, bare_system.admin) as management:
        made = await management.create("clients", {"name": "kept"})
    await opened(window, f"/clients/{made['client_id']}", "kept")
    await window.page.get_by_label("Description").fill("not saved yet")
    await window.page.reload()
    await window.page.get_by_role("heading", name="kept", level=1).wait_for()
    assert await window.page.get_by_label("Description").input_value() == "not saved yet"


async def test_a_grant_that_somebody_else_changed_is_not_overwritten(console: Opener, bare_system: System) -> None:
    window = await console()
    async with open_management(bare_system.url, bare_system.admin) as management:
        made = await management.create("clients", {"name": "granted"})
        grant = {"client_id": made["client_id"], "audience": bare_system.admin["audience"], "scope": ["read:rules"]}
        granted = await management.create("client-grants", grant)
        await opened(window, f"/grants?client_id={made['client_id']}&open={granted['id']}", "Grants")
        await window.page.get_by_role("dialog").get_by_label("Scopes", exact=True).fill("read:rules read:logs")
        await management.call("PATCH", f"/api/v2/client-grants/{granted['id']}", {"scope": ["read:clients"]})
        window.expected.append("412")
        await button(window, "Save").click()
        await window.page.get_by_role("alert").wait_for()
        kept = (await management.call("GET", f"/api/v2/client-grants/{granted['id']}")).body["scope"]
        assert kept == ["read:clients"]


async def test_metadata_that_is_no_json_is_told_at_its_field(console: Opener) -> None:
    window = await console(place="/clients")
    await button(window, "New client").click()
    await window.page.get_by_label("Name", exact=True).fill("robot")
    await window.page.get_by_label("Metadata", exact=True).fill("{plan: gold}")
    await button(window, "Make the client").click()
    await window.page.get_by_text("This is not valid JSON").wait_for()
    assert await window.page.get_by_label("Metadata", exact=True).get_attribute("aria-invalid") == "true"


async def test_a_reader_sees_what_it_may_not_do_disabled_with_the_scope_s_name(console: Opener) -> None:
    window = await console(scopes=READER)
    for place, heading, name, scope in (
        ("/clients", "Clients", "New client", "create:clients"),
        ("/apis", "APIs", "New API", "create:resource_servers"),
        ("/grants", "Grants", "New grant", "create:client_grants"),
        ("/keys", "Signing keys", "Rotate", "create:signing_keys"),
    ):
        await opened(window, place, heading)
        closed = window.page.get_by_role("button", name=re.compile(f"^{name} *needs {scope}$"))
        assert await closed.is_disabled()
    await window.go("/tenants")
    await window.page.get_by_text("needs read:tenants").wait_for()


async def test_hostile_text_is_shown_as_text_in_every_place(console: Opener, bare_system: System) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        made = await management.create(
            "clients", {"name": f"c {HOSTILE}", "description": HOSTILE, "client_metadata": {HOSTILE: HOSTILE}}
        )
        await management.create(
            "resource-servers", {"name": f"a {HOSTILE}", "identifier": "https://x.test/'\"&amp;${alert(1)}javascript:"}
        )
        window = await console()
        for place in (*PLACES, f"/clients/{made['client_id']}"):
            await window.go(place)
            await window.page.wait_for_load_state("networkidle")
            text = await window.page.locator("main").inner_text()
            assert "\u202e" not in text
            assert "\u2066" not in text
        await opened(window, "/keys", "Signing keys")  # the page of a client that is gone would complain
        await management.call("DELETE", f"/api/v2/clients/{made['client_id']}")


async def test_the_way_through_the_pages_needs_no_mouse(console: Opener) -> None:
    window = await console(place="/clients")
    await window.page.get_by_role("heading", name="Clients", level=1).wait_for()
    await window.page.keyboard.press("g")
    await window.page.keyboard.press("k")
    await window.page.get_by_role("heading", name="Signing keys", level=1).wait_for()
    await button(window, "Rotate").focus()
    await window.page.keyboard.press("Enter")
    await window.page.get_by_role("dialog", name="Rotate the signing keys").wait_for()
    await window.page.keyboard.press("Escape")
    await window.page.get_by_role("dialog").wait_for(state="detached")


async def test_a_session_of_another_browser_is_seen_and_revoked(console: Opener) -> None:
    other = await console(scopes=("read:clients",))
    window = await console(place="/sessions")
    await button(window, "Revoke the session of a person").click()
    await window.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await button(window, "Revoke the session of a person").wait_for(state="detached")
    other.expected.append("401")
    await other.go("/clients")
    await other.page.get_by_role("dialog", name="The session has ended").wait_for()


async def test_axe_finds_nothing_serious_on_the_pages_of_administration(
    console: Opener, axe: str, bare_system: System
) -> None:
    async with open_management(bare_system.url, bare_system.admin) as management:
        made = await management.create(
            "clients", {"name": "for axe", "description": "d", "client_metadata": {"a": "b"}}
        )
    window = await console()
    for place in (*PLACES, f"/clients/{made['client_id']}"):
        await window.go(place)
        await window.page.wait_for_load_state("networkidle")
        assert await findings(window, axe) == [], place
    await opened(window, "/grants", "Grants")
    await button(window, "New grant").click()
    assert await findings(window, axe) == []
