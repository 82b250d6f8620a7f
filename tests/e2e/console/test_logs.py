"""The console's page of the log: live and past in one list, by mouse and by keys, and what hides in lines."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

import pytest

from fixtures.console_page import Console, Opener, findings
from fixtures.management import ApiClient, Management
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "</style><style>*{display:none}</style>",
    "\u202eevil\u2066\u200b",
    "\x1b[31mred\x07\x00",
)
SAYS = "module.exports = (c, s, a, context, cb) => { console.log(context.body.text); cb(null, {}); };"
KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); sockets.push(this); } };
"""
MANY = """module.exports = (c, s, a, context, cb) => {
  for (let i = 0; i < 3400; i += 1) console.log(`${context.body.text} ${i}`);
  cb(null, {});
};"""


def listbox(window: Console) -> Any:
    return window.page.get_by_role("listbox", name="Log records")


def row(window: Console, text: str) -> Any:
    return window.page.locator(".virtual-row").filter(has_text=text)


async def says(management: Management, client: ApiClient, text: str) -> str:
    """A token request whose rule writes *text*; its id."""
    answer = await management.ask(client.request(text=text))
    assert answer.status == 200, answer.text
    return answer.headers["x-request-id"]


async def test_the_past_and_what_comes_live_are_one_list_and_a_row_opens_its_exchange(
    console: Opener, management: Management
) -> None:
    client = await management.a_client(name="one list")
    async with management.rule(SAYS, clients=[client.client_id]):
        await says(management, client, "from the past")
        window = await console(place="/logs")
        await window.go(f"/logs?client_id={client.client_id}&type=line")
        await row(window, "from the past").wait_for()
        await window.page.get_by_text("Live", exact=True).wait_for()
        exchange = await says(management, client, "while somebody watches")
        await row(window, "while somebody watches").wait_for()
        assert await row(window, "from the past").count() == 1
        await row(window, "while somebody watches").click()
        await window.page.get_by_role("link", name="Open its token request").click()
        window.expected.append("/tape")  # it left none
        await window.page.wait_for_url(re.compile(f"#/exchanges/{exchange}$"))


async def test_filters_are_chips_that_stand_in_the_address_and_outlive_a_reload(
    console: Opener, management: Management
) -> None:
    client = await management.a_client(name="chips")
    async with management.rule(SAYS, clients=[client.client_id]):
        await says(management, client, "needle")
        await says(management, client, "hay")
        window = await console(place="/logs")
        await window.go(f"/logs?client_id={client.client_id}")
        await row(window, "hay").wait_for()
        await window.page.get_by_label("Filter by").select_option("contains")
        await window.page.get_by_label("Value of the filter contains").fill("NEEDLE")
        await window.page.keyboard.press("Enter")
        await row(window, "hay").wait_for(state="detached")
        await row(window, "needle").wait_for()
        assert "contains=NEEDLE" in window.page.url
        await window.page.reload()
        await row(window, "needle").wait_for()
        assert await row(window, "hay").count() == 0
        await window.page.get_by_role("button", name="Remove the filter contains").click()
        await row(window, "hay").wait_for()


async def test_a_filter_with_a_closed_list_is_a_choice_and_another_value_in_the_address_is_told(
    console: Opener, axe: str
) -> None:
    window = await console(place="/logs")
    for name, value in (("level at least", "warn"), ("type", "call"), ("outcome", "failed:late")):
        await window.page.get_by_label("Filter by").select_option(name)
        await window.page.get_by_label(f"Value of the filter {name}").select_option(value)
        await window.page.get_by_role("button", name="Add filter").click()
        await window.page.get_by_role("button", name=f"Remove the filter {name}").wait_for()
    assert "level=warn&type=call&outcome=failed%3Alate" in window.page.url
    await window.page.get_by_text("Live", exact=True).wait_for()
    await window.go("/logs?outcome=failed:bogus")
    await window.page.get_by_role("alert").get_by_text("there is no failed:bogus").wait_for()
    assert await findings(window, axe) == []
    await window.page.get_by_role("button", name="Remove the filter outcome").click()
    await window.page.get_by_text("Live", exact=True).wait_for()


async def count_lines(answer: Any, into: list[int]) -> None:
    """Records of a page of the past."""
    if "/logs?" in answer.url and "before=" in answer.url:
        into.append((await answer.text()).count("\n"))


def has_read_on(before: str, foot: str) -> bool:
    """True if a page was added to what the *foot* of the list told *before*."""
    return foot != before and "Reading" not in foot


async def test_ten_thousand_rows_are_read_as_keys_come_near_them_and_few_of_them_are_in_the_document(
    console: Opener, management: Management
) -> None:
    client = await management.a_client(name="flood")
    async with management.rule(MANY, clients=[client.client_id], limits={"log_bytes": 262_144, "timeout_s": 10}):
        for number in range(3):
            await says(management, client, f"many{number}")
        window = await console(place="/logs")
        read: list[int] = []
        window.page.on("response", lambda answer: asyncio.ensure_future(count_lines(answer, read)))
        await window.go(f"/logs?client_id={client.client_id}&type=line")
        await row(window, "many2 3399").wait_for()
        await window.page.get_by_text(re.compile("^1.000 records")).wait_for()
        await listbox(window).focus()
        await window.page.keyboard.press("ArrowDown")
        assert read == [], "nobody was near the end"
        foot = window.page.locator(".logs-foot")
        pages = 0
        while "all that is kept" not in (shown := await foot.inner_text()):
            assert len(read) <= pages, "what was not scrolled to is not read"
            await window.page.keyboard.press("End")
            pages += 1
            await eventually(foot.inner_text, partial(has_read_on, shown))
        assert max(read) <= 1_000
        await window.page.keyboard.press("End")
        chosen = window.page.locator(".virtual-row.chosen")
        await chosen.wait_for()
        count = int(await chosen.get_attribute("aria-setsize") or 0)
        assert count >= 9_900  # of 10,000 that are kept some are starts and endings
        assert await chosen.get_attribute("aria-posinset") == str(count)
        assert await window.page.locator(".virtual-row").count() < 100
        for step in ("PageUp", "ArrowUp"):
            await window.page.keyboard.press(step)
        assert int(await chosen.get_attribute("aria-posinset") or 0) < count - 5
        await window.page.keyboard.press("Enter")
        window.expected.append("/tape")
        await window.page.wait_for_url(re.compile("#/exchanges/exc_"))


async def test_a_list_that_somebody_reads_stays_as_it_is_and_counts_what_is_new(
    console: Opener, management: Management
) -> None:
    client = await management.a_client(name="reader")
    async with management.rule(MANY, clients=[client.client_id], limits={"log_bytes": 262_144, "timeout_s": 10}):
        await says(management, client, "first")
        window = await console(place="/logs")
        await window.go(f"/logs?client_id={client.client_id}&type=line&contains=3")
        await row(window, "first 3399").wait_for()
        await listbox(window).focus()
        await window.page.keyboard.press("PageDown")
        await window.page.keyboard.press("PageDown")
        there = await window.page.locator(".virtual-row.chosen").inner_text()
        await window.page.get_by_text("Paused: 0 new").wait_for()
        await says(management, client, "second")
        await window.page.get_by_text(re.compile("Paused: [1-9].* new")).wait_for()
        assert await window.page.locator(".virtual-row.chosen").inner_text() == there
        assert await row(window, "second").count() == 0
        await window.page.keyboard.press("p")
        await row(window, "second 3399").wait_for()
        await window.page.get_by_text("Live", exact=True).wait_for()


async def test_what_was_cleared_is_gone_also_after_a_reload_until_somebody_wants_it_back(
    console: Opener, management: Management
) -> None:
    client = await management.a_client(name="cleared")
    async with management.rule(SAYS, clients=[client.client_id]):
        for text in ("one", "two", "three"):
            await says(management, client, text)
        window = await console(place="/logs")
        await window.go(f"/logs?client_id={client.client_id}&type=line")
        await row(window, "two").click()
        await window.page.get_by_role("button", name="Clear from here").click()
        await row(window, "two").wait_for(state="detached")
        assert (await row(window, "three").count(), await row(window, "one").count()) == (1, 0)
        await window.page.reload()
        await row(window, "three").wait_for()
        assert await row(window, "one").count() == 0
        await window.page.get_by_role("button", name="Show what was cleared").click()
        await window.page.reload()
        await row(window, "one").wait_for()


async def test_a_stream_that_broke_off_goes_on_without_a_gap(console: Opener, management: Management) -> None:
    client = await management.a_client(name="break")
    async with management.rule(SAYS, clients=[client.client_id]):
        window = await console(place="/logs")
        window.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket connection"]
        await window.page.context.add_init_script(KEEP_SOCKETS)
        await window.page.reload()
        await window.go(f"/logs?client_id={client.client_id}&type=line")
        await says(management, client, "before")
        await row(window, "before").wait_for()
        await window.page.context.set_offline(True)
        await window.page.evaluate("sockets.forEach((each) => each.close())")
        await window.page.get_by_text("The log broke off").wait_for()
        await says(management, client, "during")
        await window.page.context.set_offline(False)
        await row(window, "during").wait_for()
        await says(management, client, "after")
        await row(window, "after").wait_for()
        assert (await row(window, "before").count(), await row(window, "during").count()) == (1, 1)


async def test_hostile_lines_are_shown_and_do_nothing_and_axe_finds_nothing_serious(
    console: Opener, management: Management, axe: str
) -> None:
    client = await management.a_client(name="hostile \u202e")
    async with management.rule(SAYS, clients=[client.client_id]):
        for text in HOSTILE:
            await says(management, client, text)
        window = await console(place="/logs")
        await window.go(f"/logs?client_id={client.client_id}&type=line")
        await row(window, "<script>alert(1)</script>").wait_for()
        await row(window, "onerror=alert(2)").wait_for()
        for mark in ("U+202E", "U+2066", "U+200B", "U+001B", "U+0007"):
            assert await window.page.locator(".log-message .mark", has_text=mark).count() >= 1
        await row(window, "evil").click()
        await window.page.get_by_label("The whole message").wait_for()
        assert await window.page.evaluate("document.querySelectorAll('main script, main img, main style').length") == 0
        assert await findings(window, axe) == []


async def test_who_may_not_read_the_log_is_told_which_scope_is_missing(console: Opener) -> None:
    window = await console(scopes=("read:rules",), place="/logs")
    await window.page.get_by_text("needs read:logs").first.wait_for()


async def test_losses_are_rows_of_their_own_that_open_nothing(console: Opener) -> None:
    window = await console()
    lost = '"ts": "2026-11-25T08:00:00Z", "type": "dropped", "level": "warn", "cause": "not_kept"'

    def speak(socket: Any) -> None:
        socket.send('{"id": "1000-1", "type": "line", "message": "before"}')
        socket.send(f'{{"id": "1001-1205", {lost}, "count": 1204, "message": "1204 of a test <b>"}}')
        socket.send(f'{{{lost}, "count": null, "message": "nobody knows how many"}}')
        socket.send("no record at all")

    await window.page.route_web_socket(re.compile("/logs"), speak)
    await window.go("/logs")
    await row(window, "1204 of a test <b>").click()
    assert await window.page.locator(".log-lost").count() == 2
    assert await window.page.locator(".virtual-row").count() == 3
    assert await window.page.get_by_role("link", name="Open its token request").count() == 0
    await listbox(window).focus()
    await window.page.keyboard.press("Enter")
    assert window.page.url.endswith("#/logs")


async def test_the_log_goes_on_once_somebody_has_signed_in_again(console: Opener, management: Management) -> None:
    client = await management.a_client(name="again")
    async with management.rule(SAYS, clients=[client.client_id]):
        window = await console()
        window.expected += ["401", "WebSocket connection"]
        await window.page.context.add_init_script(KEEP_SOCKETS)
        await window.page.reload()
        await window.go(f"/logs?client_id={client.client_id}&type=line")
        await says(management, client, "before the end")
        await row(window, "before the end").wait_for()
        await window.page.context.clear_cookies()
        await window.page.evaluate("sockets.forEach((each) => each.close())")
        await window.page.get_by_role("dialog", name="The session has ended").wait_for()
        await says(management, client, "while nobody was signed in")
        await window.page.get_by_label("Client id").fill(management.admin["client_id"])
        await window.page.get_by_label("Client secret").fill(management.admin["client_secret"])
        await window.page.get_by_role("button", name="Sign in", exact=True).click()
        await row(window, "while nobody was signed in").wait_for()
        assert await row(window, "before the end").count() == 1
