"""Hostile text of clients, APIs, rules, logs and callers on every page of the console: one walk through all pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from fixtures.console_page import open_console
from fixtures.console_report import PAGES, kept
from fixtures.console_walk import Seen, palette_seen, walk
from fixtures.hostile_records import AGENT, hostile_records
from fixtures.management import open_management
from fixtures.system import System

pytestmark = pytest.mark.timeout(180)

SHOWS = {"/clients", "/clients/:id", "/apis", "/apis/:id", "/rules/:id", "/logs", "/exchanges/:id"}
"""The pages that have hostile text on them for sure, of those that there are."""


@pytest.fixture(scope="module")
async def seen(chromium: Any, bare_system: System) -> AsyncIterator[list[Seen]]:
    """Every page, and the palette."""
    async with AsyncExitStack() as stack:
        management = await stack.enter_async_context(open_management(bare_system.url, bare_system.admin))
        ids = await hostile_records(management, stack)
        window = await stack.enter_async_context(open_console(chromium, bare_system.url, user_agent=AGENT))
        window.expected.append("404")  # of a page whose record the fixture does not know
        await window.go("/")
        await window.sign_in(bare_system.admin)
        yield [*await walk(window, ids, SHOWS), await palette_seen(window)]
        window.complaints.clear()  # the tests have told of them


def test_no_page_breaks_the_policy_and_none_complains(seen: list[Seen], record_property: Any) -> None:
    record_property(PAGES, kept(seen))
    assert {each.title: each.complaints for each in seen if each.complaints} == {}


def test_no_page_runs_or_hides_what_rules_clients_and_logs_write(seen: list[Seen]) -> None:
    assert {each.title: each.found for each in seen if each.found} == {}


def test_pages_show_what_hides_in_hostile_text(seen: list[Seen]) -> None:
    there = {each.path for each in seen}
    assert SHOWS & there <= {each.path for each in seen if each.marked}
