"""The whole walk of an operator through the console, from signing in to a new secret, by mouse and by keys alone.

They sign in by a secret, at a real provider of OpenID Connect and by a link. ``--console-table -`` prints the steps.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from fixtures.console_hands import Hand, Keys, Mouse
from fixtures.console_page import Console, Opener
from fixtures.console_report import WALK
from fixtures.management import ApiClient, Management
from fixtures.node import NodeFolder
from fixtures.oidc import CLIENT_ID, CLIENT_SECRET, a_provider
from fixtures.processes import BIN
from fixtures.system import System
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

FIRST = "export default ({ client }) => ({ plan: client.metadata.plan ?? 'bronze' });\n"
STRICT = """export default ({ client }) => {
  const plan = client.metadata.plan ?? 'silver';
  if (plan === 'none') throw new Error(`${client.id} pays nothing`);
  console.log(`${client.id} pays for ${plan}`);
  return { plan };
};
"""
MENDED = STRICT.replace("throw new Error(`${client.id} pays nothing`)", "return { plan: 'free' }")
TEST_NAME = "nobody pays"
PROVIDER = "/api/v2/console-providers/work"
OF_ADMINS = {"admins": ["read:rules", "read:logs", "read:stats", "read:clients"]}


class Walk:
    """One person on the way, with what all steps need."""

    def __init__(self, window: Console, hand: Hand) -> None:
        self.window, self.page, self.hand = window, window.page, hand
        self.steps: list[str] = []
        """Those that were walked to their ends."""

    async def step(self, says: str, walked: Coroutine[Any, Any, None]) -> None:
        await walked
        self.steps.append(says)

    def button(self, name: str | re.Pattern[str], *, within: Any = None) -> Any:
        exact = isinstance(name, str)
        return (within or self.page).get_by_role("button", name=name, exact=exact)

    def link(self, name: str) -> Any:
        return self.page.get_by_role("link", name=name, exact=True)

    async def sees(self, text: str | re.Pattern[str]) -> None:
        await self.page.get_by_text(text).first.wait_for()

    async def open_rule(self) -> None:
        await self.hand.go("Rules")
        await self.hand.press(self.link("walked"))
        await self.sees("It loads")

    async def change_rule(self, text: str, draft: str) -> None:
        await self.hand.write(self.page.get_by_role("textbox", name="Text of walked"), text)
        await self.hand.press(self.button(re.compile("^Save")))
        await self.page.get_by_text(draft, exact=True).wait_for()


@pytest.mark.parametrize("hand", [Mouse, Keys], ids=["by mouse", "by keys alone"])
async def test_an_operator_walks_through_the_whole_console(
    console: Opener,
    bare_system: System,
    management: Management,
    oidc_folder: NodeFolder,
    hand: Callable[[Any], Hand],
    record_property: Callable[[str, object], None],
) -> None:
    await management.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"failures": True, "one_in": 1}})
    payer = await management.a_client(name="a payer", metadata={"plan": "gold"})
    debtor = await management.a_client(name="a debtor", metadata={"plan": "none"})
    at_the_issuer = replace(bare_system, url=bare_system.url.replace("127.0.0.1", "localhost"))
    window = await console(system=at_the_issuer, scopes=())  # a provider sends browsers back there
    walk = Walk(window, hand(window.page))
    window.expected += ["/api/v2/rules/try", "/api/v2/rules/check"]  # it checks until the test is over
    async with management.rule(FIRST, name="walked", clients=[payer.client_id, debtor.client_id]) as rule:
        await walk.step("sign in by a secret", _sign_in_by_secret(walk, bare_system))
        await walk.step("sign in at a provider", _sign_in_at_a_provider(walk, bare_system, management, oidc_folder))
        await walk.step("sign in by a link", _sign_in_by_link(walk, bare_system))
        await walk.step("edit, try, deploy", _edit_try_and_deploy(walk))
        await walk.step("watch, fail", _watch_and_fail(walk, management, payer, debtor))
        await walk.step("explain, save as a test", _explain_and_save_as_test(walk, debtor))
        await walk.step("backtest", _backtest(walk))
        await walk.step("roll back", _roll_back(walk))
        live = (await management.call("GET", f"/api/v2/rules/{rule['id']}")).body
        assert live["script"] == FIRST
        assert (await management.ask(debtor.request())).status == 200
        await walk.step("rotate a secret", _rotate(walk, management, payer))
    record_property(WALK, [hand.__name__, *walk.steps])
    await management.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"failures": True, "one_in": 100}})


async def _sign_in_by_secret(walk: Walk, system: System) -> None:
    page, hand = walk.page, walk.hand
    await hand.write(page.get_by_label("Client id"), system.admin["client_id"])
    await hand.write(page.get_by_label("Client secret"), system.admin["client_secret"])
    await hand.press(walk.button("Sign in"))
    await page.get_by_role("heading", name="Overview", level=1).wait_for()
    await _sign_out(walk)


async def _sign_out(walk: Walk) -> None:
    await walk.hand.press(walk.button("Sign out"))
    await walk.page.get_by_label("Client id").wait_for()


async def _sign_in_at_a_provider(walk: Walk, system: System, management: Management, folder: NodeFolder) -> None:
    """At npm's `oidc-provider`, whose pages are none of ours, so what the browser complains of there is not judged."""
    page, hand = walk.page, walk.hand
    async with _provider(system, management, folder):
        await page.reload()
        judged = len(walk.window.complaints)
        await hand.press(page.get_by_role("link", name="Sign in with work"))
        await hand.write(page.locator("[name=login]"), "ann:admins")
        await hand.write(page.locator("[name=password]"), "any")
        await hand.press(page.locator("[type=submit]"))
        await hand.press(page.locator("[type=submit]", has_text="Continue"))
        await page.get_by_role("heading", name="Overview", level=1).wait_for()
        del walk.window.complaints[judged:]
        await page.get_by_title("Signed in as").get_by_text("ann@example.com").wait_for()
        await _sign_out(walk)


@asynccontextmanager
async def _provider(system: System, management: Management, folder: NodeFolder) -> AsyncIterator[None]:
    """One of the tenant, named work."""
    own = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "claim": "groups", "subject_claim": "email"}
    made = await management.call("PUT", PROVIDER, {"issuer": system.issuer, **own, "scopes": OF_ADMINS})
    assert made.status == 200, made.text
    with a_provider(folder, made.body["redirect_uri"], port=urlsplit(system.issuer).port):
        yield
    await management.call("DELETE", PROVIDER)


async def _sign_in_by_link(walk: Walk, system: System) -> None:
    argv = [str(BIN / "rulemint"), "console", "--no-open"]
    variables = {**os.environ, "RULEMINT_DATA_DIR": str(system.data_dir)}
    printed = subprocess.run(argv, env=variables, capture_output=True, text=True, check=True).stdout
    await walk.page.goto("about:blank")
    await walk.page.goto(printed.strip())
    await walk.page.get_by_role("navigation", name="Pages").wait_for()


async def _edit_try_and_deploy(walk: Walk) -> None:
    page, hand = walk.page, walk.hand
    await walk.open_rule()
    await walk.change_rule(STRICT, "draft v2")
    await hand.press(walk.button(re.compile("^Try")))
    await page.get_by_role("tabpanel").get_by_text("test-client pays for gold").wait_for()
    await hand.press(walk.button(re.compile("^Deploy…")))
    dialog = page.get_by_role("dialog", name="Deploy walked: v1 → v2")
    await hand.press(walk.button("Deploy", within=dialog))
    await page.get_by_text("v2 runs", exact=True).wait_for()


async def _watch_and_fail(walk: Walk, management: Management, payer: ApiClient, debtor: ApiClient) -> None:
    """The token request that fails is open at the end."""
    await walk.hand.go("Logs")
    await walk.page.get_by_text("Live", exact=True).wait_for()
    assert (await management.ask(payer.request())).status == 200
    await walk.sees(f"{payer.client_id} pays for gold")
    failed = await management.ask(debtor.request())
    assert failed.status != 200
    exchange = failed.headers["x-request-id"]
    await walk.sees(_fault(debtor))

    async def tape() -> int:
        return (await management.call("GET", f"/api/v2/exchanges/{exchange}/tape")).status

    await eventually(tape, lambda status: status == 200)
    await walk.hand.open_record(walk.page.get_by_role("listbox", name="Log records"), _fault(debtor))
    await walk.page.wait_for_url(re.compile(f"#/exchanges/{exchange}"))


def _fault(client: ApiClient) -> str:
    """What the strict rule says of *client*, and the log has of no other walk."""
    return f"{client.client_id} pays nothing"


async def _explain_and_save_as_test(walk: Walk, debtor: ApiClient) -> None:
    page, hand = walk.page, walk.hand
    await hand.press(walk.link("Explain"))
    await walk.sees(re.compile(f"No token:.*{_fault(debtor)}", re.DOTALL))
    await hand.press(walk.link("Save as test"))
    await hand.write(page.get_by_label("Name"), TEST_NAME)
    await hand.press(walk.button("Make the test"))
    await hand.press(walk.button("Add it to the rule's tests"))
    await walk.sees("has one test more")


async def _backtest(walk: Walk) -> None:
    """A draft that would mend it: the request that failed would get a token."""
    await walk.open_rule()
    await walk.hand.press(walk.page.get_by_role("tab", name="Tests"))
    await walk.sees(TEST_NAME)
    await walk.change_rule(MENDED, "draft v4")
    await walk.hand.go("Backtest, canary")
    await walk.hand.press(walk.button("Start the backtest"))
    result = walk.page.get_by_role("region", name="Result of the backtest")
    await result.get_by_text("Done. 2 token requests replayed.").wait_for()
    await result.get_by_text("newly granted").first.wait_for()


async def _roll_back(walk: Walk) -> None:
    await walk.open_rule()
    await walk.hand.press(walk.page.get_by_role("tab", name="Versions"))
    await walk.hand.press(walk.button("Roll back to v1"))
    dialog = walk.page.get_by_role("dialog", name=re.compile("^Roll back walked"))
    await walk.hand.press(walk.button("Roll back", within=dialog))
    await walk.page.get_by_text("v1 runs", exact=True).wait_for()


async def _rotate(walk: Walk, management: Management, client: ApiClient) -> None:
    page, hand = walk.page, walk.hand
    await hand.go("Clients")
    await hand.write(page.get_by_label("Find by name, id or metadata"), client.client_id)
    await hand.press(walk.link("a payer"))
    await hand.press(walk.button("Rotate"))
    dialog = page.get_by_role("dialog", name="Rotate the secret of a payer")
    await hand.write(dialog.get_by_label("to confirm"), client.client_id)
    await hand.press(walk.button("Rotate", within=dialog))
    await page.get_by_role("heading", name="The secret is made").wait_for()
    secret = await page.locator("dd code").inner_text()
    await hand.press(walk.button("I have kept it"))
    assert (await management.ask(client.request())).status == 401
    assert (await management.ask(client.request(client_secret=secret))).status == 200
