"""Find the token request that a token, a jti or an id names, and have it explained."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.system import exchanges

Explanation = dict[str, Any]


async def explain(admin: Admin, what: str) -> Explanation:
    """Return the explanation of the request that *what* names.

    Raises:
        CommandError: there is none; or the system refuses, or does not answer.
    """
    exchange = await exchanges.find(admin, what)
    path = f"{exchanges.PATH}/{quote(str(exchange['id']), safe='')}/explanation"
    found: Explanation = await admin.call("GET", path)
    return found


async def flip(admin: Admin, what: str, want: str) -> dict[str, Any]:
    """Search for the smallest change of the request that *what* names, which brings what it *wants*.

    Raises:
        CommandError: it has it, or left no tape; or the system refuses, or does not answer.
    """
    exchange = await exchanges.find(admin, what)
    path = f"{exchanges.PATH}/{quote(str(exchange['id']), safe='')}/flip"
    found: dict[str, Any] = await admin.call("POST", path, {"want": want})
    return found
