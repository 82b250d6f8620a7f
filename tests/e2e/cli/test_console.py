"""`rulemint console` prints a link that signs in once, and opens it."""

from __future__ import annotations

import asyncio
import webbrowser

import pytest

from fixtures.console import SESSION, a_browser
from fixtures.management import Answer
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)


def test_the_link_signs_a_browser_in_with_the_scopes_that_were_asked_for(workplace: Workplace) -> None:
    done = workplace.rulemint("console", "--no-open", "--scope", "read:rules read:logs")
    assert done.returncode == 0, done.stderr
    address, _, link = done.stdout.strip().partition("/console/#link=")
    answer = asyncio.run(signed_in(address, link))
    assert (answer.status, answer.body["scopes"]) == (201, ["read:rules", "read:logs"])
    assert answer.body["subject"] == "Rulemint administrator"


def test_the_link_is_opened_unless_nobody_wants_that(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def note(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    shown = workplace.rulemint("console").stdout.strip()
    assert opened == [shown]
    workplace.rulemint("console", "--no-open")
    assert workplace.json("console")["expires_in"] == 60
    assert opened == [shown]


def test_a_machine_without_a_browser_is_told_what_to_do(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _url: False)
    done = workplace.rulemint("console")
    assert done.returncode == 0
    assert "open the link in yours within a minute" in done.stderr


def test_a_scope_that_the_caller_does_not_have_is_refused(workplace: Workplace) -> None:
    done = workplace.rulemint("console", "--no-open", "--scope", "fly:to-the-moon")
    assert (done.returncode, done.stdout) == (1, "")
    assert "fly:to-the-moon" in done.stderr


async def signed_in(url: str, link: str) -> Answer:
    async with a_browser(url) as browser:
        return await browser.call("POST", SESSION, {"link": link})
