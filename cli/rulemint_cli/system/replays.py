"""Replay token requests, and read and delete their tapes (``rulemint exchanges replay``, ``tape``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.system.exchanges import PATH, find
from rulemint_shared.ids import exchange_time_ms

DIVERGED, UNKNOWN = "diverged", "unknown"

Replayed = dict[str, Any]


async def replay(admin: Admin, exchange_id: str, changes: Sequence[str]) -> Replayed:
    """Return the result of a replay of *exchange_id*, with *changes* such as ``scope+=write``.

    Raises:
        CommandError: there is no tape; or the system refuses, or does not answer.
    """
    path = f"{PATH}/{await whole_id(admin, exchange_id)}/replay"
    replayed: Replayed = await admin.call("POST", path, {"set": list(changes)})
    return replayed


async def case(admin: Admin, exchange_id: str, *, name: str, rule: str) -> dict[str, Any]:
    """Return a case that the system makes of *exchange_id*, with what it is for.

    Raises:
        CommandError: there is no tape; or the system refuses, or does not answer.
    """
    path = f"{PATH}/{await whole_id(admin, exchange_id)}/case"
    made: dict[str, Any] = await admin.call("POST", path, {"name": name, "rule": rule})
    return made


async def tape(admin: Admin, exchange_id: str) -> dict[str, Any]:
    """Return the tape of *exchange_id*.

    Raises:
        CommandError: there is none; or the system refuses, or does not answer.
    """
    read: dict[str, Any] = await admin.call("GET", f"{PATH}/{await whole_id(admin, exchange_id)}/tape")
    return read


async def delete_tape(admin: Admin, exchange_id: str) -> None:
    """Delete the tape of *exchange_id*, if there is one.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    await admin.call("DELETE", f"{PATH}/{await whole_id(admin, exchange_id)}/tape")


async def delete_tapes(admin: Admin, *, client: str | None, rule: str | None) -> int:
    """Delete the tapes of *client* and of the rule whose id is *rule*; the number of those that were there.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    wanted = {"client_id": client, "rule_id": rule}
    query: dict[str, str | int] = {name: value for name, value in wanted.items() if value is not None}
    deleted: dict[str, int] = await admin.call("DELETE", "tapes", query=query)
    return deleted["deleted"]


async def whole_id(admin: Admin, exchange_id: str) -> str:
    """Return the whole id of which *exchange_id* may be the end, or whose token it may be.

    Raises:
        CommandError: there is no such request; or the system refuses, or does not answer.
    """
    if exchange_time_ms(exchange_id) is None:
        exchange_id = str((await find(admin, exchange_id))["id"])
    return quote(exchange_id, safe="")
