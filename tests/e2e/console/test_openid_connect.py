"""Signing in by OpenID Connect, at a real provider: npm `oidc-provider`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bench.free_ports import free_port

from fixtures.console_page import open_console
from fixtures.management import Management, open_management
from fixtures.node import NodeFolder
from fixtures.oidc import Person, Provider, a_person, a_provider
from fixtures.processes import started, until
from fixtures.runner_keys import settings_of_a_gateway
from fixtures.system import System, answers
from fixtures.valkey import Databases
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(400)

PATH = "/api/v2/console-providers"
WAYS, LOGS = "/console/api/sign-in", "/api/v2/logs?per_page=30"
SCOPES = {"admins": ["read:clients", "create:clients", "read:logs"], "readers": ["read:clients"]}


@dataclass(frozen=True)
class Place:
    """A gateway, and a provider that sends browsers back to it."""

    system: System
    provider: Provider


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, databases: Databases, oidc_folder: NodeFolder) -> Iterator[Place]:
    data_dir = tmp_path_factory.mktemp("gateway")
    environment = settings_of_a_gateway(data_dir, databases.empty())
    port = int(environment["RULEMINT_PORT"])
    url = f"http://localhost:{port}"
    with a_provider(oidc_folder, f"{url}/console/oidc/callback") as provider:
        environment["RULEMINT_CONSOLE_PRIVATE_PROVIDERS"] = f"{provider.issuer}, http://localhost:{free_port()}"
        with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
            until(lambda: answers(port), failing=process, timeout_s=60)
            yield Place(System(url, data_dir, process), provider)


@pytest.fixture
async def management(place: Place) -> AsyncIterator[Management]:
    async with open_management(place.system.url, place.system.admin) as opened:
        yield opened
        for each in (await opened.call("GET", PATH)).body:
            await opened.call("DELETE", f"{PATH}/{each['name']}")


@pytest.fixture
async def start(management: Management, place: Place) -> str:
    """The path at which to begin, as the page reads it."""
    made = await management.call("PUT", f"{PATH}/work", place.provider.settings(SCOPES))
    assert made.status == 200, made.text
    assert "the-secret" not in made.text
    assert made.body["redirect_uri"] == f"{place.system.url}/console/oidc/callback"
    ways = (await management.call("GET", WAYS, token="")).body
    assert ways["client_credentials"] is True
    assert [each["name"] for each in ways["oidc"]] == ["work"]
    return str(ways["oidc"][0]["start"])


@pytest.fixture
async def person(place: Place) -> AsyncIterator[Person]:
    async with a_person(place.system.url, place.provider) as opened:
        yield opened


async def test_a_person_signs_in_at_the_provider_with_the_scopes_of_its_groups(
    place: Place, start: str, person: Person
) -> None:
    page = await person.sign_in("ann:admins:others", start)
    assert (page.status, page.headers["url"]) == (200, f"{place.system.url}/console/")
    session = (await person.session()).body
    assert session["scopes"] == ["create:clients", "read:clients", "read:logs"]
    assert (session["subject"], session["way"]) == ("ann@example.com", "oidc")
    assert session["client_id"] == "oidc:work:ann:admins:others"


async def test_a_person_signs_in_by_chromium_from_the_page_and_back_to_it(
    chromium: Any, place: Place, start: str
) -> None:
    """The cookie of the session is SameSite=Strict, and the way back begins at another site."""
    assert start
    async with open_console(chromium, place.system.url) as window:
        window.expected.append("")  # the provider's own pages are not ours to judge
        await window.go("/")
        await window.page.get_by_role("link", name="Sign in with work").click()
        await window.page.locator("[name=login]").fill("ann:admins")
        await window.page.locator("[name=password]").fill("any")
        await window.page.locator("[type=submit]").click()
        await window.page.locator("[type=submit]", has_text="Continue").click()
        await window.page.get_by_role("navigation", name="Pages").wait_for()
        assert window.page.url.startswith(f"{place.system.url}/console/")


async def test_what_a_person_changes_is_recorded_as_its_own(management: Management, start: str, person: Person) -> None:
    await person.sign_in("bea:admins", start)
    page = {"Sec-Fetch-Site": "same-origin", "X-Rulemint-Console": "1"}
    async with person.http.post(f"{person.url}/api/v2/clients", json={"name": "by bea"}, headers=page) as response:
        assert response.status == 201
    entries = (await management.call("GET", LOGS)).body
    made = [entry for entry in entries if entry["client_id"] == "oidc:work:bea:admins"]
    assert {entry["client_name"] for entry in made} == {"bea@example.com"}
    kinds = {change["kind"] for entry in made for change in entry["details"]["changes"]}
    assert kinds == {"clients", "console-sessions"}


async def test_who_is_in_no_group_of_the_map_is_not_signed_in(
    management: Management, start: str, person: Person
) -> None:
    page = await person.sign_in("eve:strangers", start)
    assert page.status == 403
    assert "may do nothing here" in page.text
    assert (await person.session()).status == 401
    assert "fapi" in {entry["type"] for entry in (await management.call("GET", LOGS)).body}


async def test_a_change_of_the_map_holds_for_sessions_that_there_are(
    management: Management, place: Place, start: str, person: Person
) -> None:
    await person.sign_in("cat:readers", start)
    await management.call("PUT", f"{PATH}/work", place.provider.settings({"readers": ["read:logs"]}))
    assert (await person.session()).body["scopes"] == ["read:logs"]
    await management.call("PUT", f"{PATH}/work", place.provider.settings({"others": ["read:logs"]}))
    assert (await person.session()).body["scopes"] == []


async def test_sessions_of_a_provider_end_with_it(management: Management, start: str, person: Person) -> None:
    await person.sign_in("dan:readers", start)
    assert (await person.session()).status == 200
    await management.call("DELETE", f"{PATH}/work")
    assert (await person.session()).status == 401


async def test_a_way_back_that_this_browser_did_not_begin_signs_nobody_in(
    place: Place, start: str, person: Person
) -> None:
    """An attacker's own code and state in a link would sign the reader in as the attacker."""
    async with a_person(place.system.url, place.provider) as attacker:
        stopped = await stop_before_the_way_back(attacker, start)
        page = await person.open(stopped)
        assert page.status == 401
        assert (await person.session()).status == 401
        assert (await attacker.open(stopped)).status == 200
        assert (await attacker.session()).status == 200


async def test_a_way_back_works_once(start: str, person: Person) -> None:
    back = await stop_before_the_way_back(person, start)
    assert (await person.open(back)).status == 200
    assert (await person.open(back)).status == 401


async def test_a_state_of_another_sign_in_of_the_same_browser_is_refused(start: str, person: Person) -> None:
    back = await stop_before_the_way_back(person, start)
    other = await stop_before_the_way_back(person, start)
    assert parse_qs(urlsplit(back).query)["state"] != parse_qs(urlsplit(other).query)["state"]
    assert (await person.open(back)).status == 401


@pytest.mark.parametrize("state", ["", "a-state-of-nobody"])
async def test_a_good_code_with_a_wrong_state_is_refused(start: str, person: Person, state: str) -> None:
    back = await stop_before_the_way_back(person, start)
    own = parse_qs(urlsplit(back).query)["state"][0]
    assert (await person.open(back.replace(own, state))).status == 401
    assert (await person.session()).status == 401


async def test_a_code_of_another_sign_in_is_refused(place: Place, start: str, person: Person) -> None:
    """Its code verifier is another browser's."""
    async with a_person(place.system.url, place.provider) as victim:
        stolen = parse_qs(urlsplit(await stop_before_the_way_back(victim, start)).query)["code"][0]
    own = await stop_before_the_way_back(person, start)
    code = parse_qs(urlsplit(own).query)["code"][0]
    assert (await person.open(own.replace(code, stolen))).status == 401


async def test_the_provider_is_asked_for_a_code_with_pkce_a_state_and_a_nonce(start: str, person: Person) -> None:
    async with person.http.get(f"{person.url}{start}", allow_redirects=False) as response:
        assert response.status == 303
        asked = parse_qs(urlsplit(response.headers["Location"]).query)
        cookie = response.headers["Set-Cookie"]
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {len(asked[name][0]) for name in ("state", "nonce", "code_challenge")} == {43}
    assert cookie.startswith("__Host-rulemint-sign-in=")
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= set(cookie.split("; "))
    assert asked["state"][0] not in cookie


async def test_a_person_who_refuses_at_the_provider_is_not_signed_in(person: Person, start: str) -> None:
    async with person.http.get(f"{person.url}{start}", allow_redirects=False) as response:
        state = parse_qs(urlsplit(response.headers["Location"]).query)["state"][0]
    page = await person.open(f"/console/oidc/callback?error=access_denied&error_description=<b>x&state={state}")
    assert page.status == 401
    assert "<b>x" not in page.text


async def test_nobody_gives_by_a_provider_what_they_do_not_have(management: Management, place: Place) -> None:
    client = await management.create("clients", {"name": "settings only"})
    grant = {"client_id": client["client_id"], "audience": management.admin["audience"]}
    await management.create("client-grants", {**grant, "scope": ["update:tenant_settings", "read:clients"]})
    asked = {**grant, "client_secret": client["client_secret"], "grant_type": "client_credentials"}
    token = (await management.ask(asked)).body["access_token"]
    refused = await management.call("PUT", f"{PATH}/work", place.provider.settings(SCOPES), token=token)
    assert refused.status == 403
    assert "create:clients" in refused.body["message"]
    own = place.provider.settings({"readers": ["read:clients"]})
    assert (await management.call("PUT", f"{PATH}/work", own, token=token)).status == 200


async def test_a_secret_is_kept_for_the_same_issuer_only(management: Management, place: Place, start: str) -> None:
    assert start
    again = place.provider.settings(SCOPES)
    del again["client_secret"]
    assert (await management.call("PUT", f"{PATH}/work", again)).status == 200
    moved = {**again, "issuer": "https://evil.example"}
    answer = await management.call("PUT", f"{PATH}/work", moved)
    assert (answer.status, answer.body["field"]) == (409, "client_secret")


@pytest.mark.parametrize(
    "issuer",
    ["http://127.0.0.1:6379", "https://127.0.0.1", "https://169.254.169.254", "http://id.example.com", "https://[::1]"],
)
async def test_an_issuer_at_a_private_address_is_not_asked(
    management: Management, place: Place, person: Person, issuer: str
) -> None:
    await management.call("PUT", f"{PATH}/inside", {**place.provider.settings(SCOPES), "issuer": issuer})
    page = await person.open("/console/oidc/start?provider=inside")
    assert page.status == 503
    await eventually(
        lambda: asyncio.to_thread(lambda: place.system.process.output),
        lambda said: "only the operator can allow that" in said,
    )


async def stop_before_the_way_back(person: Person, start: str) -> str:
    """Sign in at the provider, and stop at the address to which it sends the browser back."""
    return await person.sign_in_until("ann:admins", start, stop="/console/oidc/callback")
