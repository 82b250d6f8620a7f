"""Find the token request that a token, a jti or an id names, and have it explained."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote

import msgspec

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.system import exchanges
from rulemint_cli.terminal.errors import UsageError

Explanation = dict[str, Any]
_PARTS_OF_A_TOKEN = 3


class _Payload(msgspec.Struct):
    jti: str = ""


async def explain(admin: Admin, what: str) -> Explanation:
    """Return the explanation of the request that *what* names.

    Raises:
        CommandError: there is none; or the system refuses, or does not answer.
    """
    exchange = await exchanges.find(admin, named_by(what))
    path = f"{exchanges.PATH}/{quote(str(exchange['id']), safe='')}/explanation"
    found: Explanation = await admin.call("GET", path)
    return found


async def flip(admin: Admin, what: str, want: str) -> dict[str, Any]:
    """Search for the smallest change of the request that *what* names, which brings what it *wants*.

    Raises:
        CommandError: it has it, or left no tape; or the system refuses, or does not answer.
    """
    exchange = await exchanges.find(admin, named_by(what))
    path = f"{exchanges.PATH}/{quote(str(exchange['id']), safe='')}/flip"
    found: dict[str, Any] = await admin.call("POST", path, {"want": want})
    return found


def named_by(what: str) -> str:
    """Return the id of a token request, of a *what* that is one, or is a token: its ``jti`` is that id.

    Raises:
        UsageError: it is a token without a ``jti``, or a broken one.
    """
    parts = what.strip().split(".")
    if len(parts) != _PARTS_OF_A_TOKEN:
        return what.strip()
    try:
        data = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        payload = msgspec.json.decode(data, type=_Payload)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise UsageError("this looks like a token, and cannot be read: copy it whole") from None
    if not payload.jti:
        raise UsageError("this token has no jti: give the id of its request (X-Request-Id)")
    return payload.jti
