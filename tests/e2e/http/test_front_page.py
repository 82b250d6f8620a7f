"""What a browser shows at the address that the banner prints."""

from __future__ import annotations

import html
import json
import re
import subprocess

import httpx
import pytest

from fixtures.management import Management, open_management
from fixtures.system import System

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def front_page(management: Management) -> tuple[str, dict[str, str]]:
    answer = await management.call("GET", "/start", headers=BROWSER, token="")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return answer.text, answer.headers


async def test_a_browser_is_led_to_the_console(bare_system: System) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(bare_system.url, headers=BROWSER)
    assert (answer.status_code, answer.headers["location"], answer.headers["vary"]) == (302, "/console/", "Accept")


async def test_a_browser_gets_a_page_that_loads_nothing_else(management: Management) -> None:
    page, headers = await front_page(management)
    assert management.admin["issuer"] in page
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script|<img|<link|\son\w+=|src=", page)
    assert {link for link in re.findall(r'href="([^"]+)"', page) if not link.startswith("/")} == set()


async def test_who_asks_for_no_page_gets_an_answer_that_caches_keep_apart(management: Management) -> None:
    answer = await management.call("GET", "/", headers={"Accept": "application/json"}, token="")
    assert (answer.status, answer.headers["vary"]) == (404, "Accept")


async def test_every_link_of_the_page_leads_somewhere(management: Management) -> None:
    page, _headers = await front_page(management)
    links = re.findall(r'href="([^"]+)"', page)
    assert {"/console/", "/docs/", "/docs/api"} <= set(links)
    for link in links:
        assert (await management.call("GET", link, headers=BROWSER, token="")).status == 200, link


async def test_the_command_on_the_page_of_the_demo_s_tenant_gets_a_token(demo_system: System) -> None:
    async with open_management(demo_system.url, demo_system.admin) as management:
        page, _headers = await front_page(management)
    shown = re.search(r"<pre>(.+?)</pre>", page, re.DOTALL)
    assert shown is not None
    done = subprocess.run(["bash", "-c", html.unescape(shown[1])], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["scope"] == "test extra"


async def test_without_the_demo_the_command_has_places_to_fill_in(management: Management) -> None:
    page, _headers = await front_page(management)
    assert "CLIENT_SECRET" in page
    assert "demo-client" not in page


async def test_each_tenant_has_its_own_page(management: Management) -> None:
    made = await management.create("tenants", {"name": "front", "hosts": ["front.example.com"]})
    answer = await management.call("GET", "/start", headers={**BROWSER, "Host": "front.example.com"}, token="")
    assert (answer.status, f"<code>{made['issuer']}</code>" in answer.text) == (200, True)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
async def test_a_program_finds_nothing_there_as_on_any_other_path(management: Management, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    answer = await management.call("GET", "/", headers=headers, token="")
    elsewhere = await management.call("GET", "/nothing", headers=headers, token="")
    assert (answer.status, answer.body) == (404, elsewhere.body)
