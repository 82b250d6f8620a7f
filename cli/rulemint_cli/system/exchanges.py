"""List token requests, follow new ones, and find one by its id or by the end of it (``rulemint exchanges``)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote

from rulemint_cli.connection.management_api import Admin, NoAnswerError
from rulemint_cli.system.access_tokens import jti_of, looks_like_a_token
from rulemint_cli.system.log_query import OF_REQUESTS, check_outcome, moment
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.process.growing_pause import GrowingPause

PATH = "exchanges"
USUAL_TAIL = 20
MOST_AT_ONCE = 100
"""The most that one answer has."""
MOST_LOOKED_AT = 1_000
"""So many of the newest are looked at for one of another client."""
LEAST_OF_AN_ID = 8
NOTHING_FOUND = "there is no token request that these options show: rulemint exchanges lists the newest that are kept"
LOOK_INTERVAL_S = 1.0

Exchange = dict[str, Any]
Filters = Mapping[str, str]


def filters_of(
    *,
    client: str | None,
    rule: str | None,
    outcome: str | None,
    since: str | None = None,
    until: str | None = None,
    jti: str | None = None,
) -> dict[str, str]:
    """Return the parameters of the list for the options that are given.

    Raises:
        UsageError: a time is none, or an outcome.
    """
    check_outcome(outcome, OF_REQUESTS)
    given = {
        "client_id": client,
        "rule": rule,
        "outcome": outcome,
        "jti": jti,
        "since": None if since is None else moment(since, option="--since"),
        "until": None if until is None else moment(until, option="--until"),
    }
    return {name: value for name, value in given.items() if value is not None}


async def newest(admin: Admin, filters: Filters, *, count: int) -> list[Exchange]:
    """Return the newest token requests that *filters* show, the oldest of them first.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    found = [each async for each in _backwards(admin, filters, count=count)]
    return found[::-1]


async def find(admin: Admin, exchange_id: str) -> Exchange:
    """Return the whole record of the token request whose id is, or ends in, *exchange_id*, or of that token.

    Raises:
        CommandError: there is none; or the system refuses, or does not answer.
    """
    if looks_like_a_token(exchange_id):
        exchange_id = await _of_jti(admin, jti_of(exchange_id))
    if exchange_time_ms(exchange_id) is None:
        if len(exchange_id) < LEAST_OF_AN_ID:
            raise UsageError(f"{exchange_id} is too short: give at least {LEAST_OF_AN_ID} characters of the id's end")
        exchange_id = await _only(admin, {"id": exchange_id}, f"no token request has an id that ends in {exchange_id}")
    record: Exchange = await admin.call("GET", f"{PATH}/{quote(exchange_id, safe='')}")
    return record


async def _of_jti(admin: Admin, jti: str) -> str:
    """Return the id of the token request that got the token *jti*; it is the same, but for tokens of old versions."""
    if exchange_time_ms(jti) is not None:
        return jti
    return await _only(admin, {"jti": jti}, f"no token request got a token with the jti {jti}")


async def find_last(admin: Admin, filters: Filters) -> Exchange:
    """Return the whole record of the newest token request that *filters* show.

    Each command asks for a token too, so requests of its own client count only if *filters* name a client.

    Raises:
        CommandError: there is none; or the system refuses, or does not answer.
    """
    whose = "that these options show" if filters else "of another client than yours"
    own = None if "client_id" in filters else admin.client_id
    async for exchange in _backwards(admin, filters, count=MOST_LOOKED_AT):
        if own is None or exchange.get("client_id") != own:
            record: Exchange = await admin.call("GET", f"{PATH}/{exchange['id']}")
            return record
    raise CommandError(f"there is no token request {whose}: rulemint exchanges lists those that are kept")


async def follow(
    admin: Admin, filters: Filters, show: Callable[[Exchange], None], say: Callable[[str], None], *, place: str | None
) -> None:
    """Hand every token request behind *place* that *filters* show to *show*, until cancelled. None: from the oldest on.

    Raises:
        CommandError: the system refuses.
    """
    pause = GrowingPause(LOOK_INTERVAL_S, 10.0)
    say(f"watching {admin.url}")
    while True:
        try:
            page = await admin.call("GET", PATH, query=_query(filters, place, count=MOST_AT_ONCE, sort="date:1"))
        except NoAnswerError as error:
            say(f"{error}; trying again in {pause.next_s:g} s")
            await pause.wait()
            continue
        pause.reset()
        for exchange in page["exchanges"]:
            show(exchange)
            place = exchange["log_id"]
        if "next" in page:
            place = page["next"]
        else:
            await asyncio.sleep(LOOK_INTERVAL_S)


async def place_of_the_newest(admin: Admin) -> str | None:
    """Return the place of the newest token request in the log; None: there is none.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    page = await admin.call("GET", PATH, query={"take": 1})
    return page["exchanges"][0]["log_id"] if page["exchanges"] else None


async def _only(admin: Admin, filters: Filters, otherwise: str) -> str:
    """Return the id of the newest that *filters* show."""
    async for exchange in _backwards(admin, filters, count=1):
        return str(exchange["id"])
    raise CommandError(f"{otherwise}: rulemint exchanges lists those that are kept")


async def _backwards(admin: Admin, filters: Filters, *, count: int) -> AsyncIterator[Exchange]:
    """Yield at most *count*, the newest first, from as many answers as it takes."""
    place: str | None = None
    while count:
        query = _query(filters, place, count=min(count, MOST_AT_ONCE), sort="date:-1")
        page = await admin.call("GET", PATH, query=query)
        for exchange in page["exchanges"]:
            yield exchange
        count -= len(page["exchanges"])
        if (place := page.get("next")) is None:
            return


def _query(filters: Filters, place: str | None, *, count: int, sort: str) -> dict[str, str | int]:
    return {**filters, **({} if place is None else {"from": place}), "take": count, "sort": sort}
