"""Read the ``jti`` of an access token. Its signature is not looked at: the system says what became of the request."""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from rulemint_cli.terminal.errors import UsageError

MOST_CHARACTERS = 64 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class _Payload(msgspec.Struct):
    jti: str


def looks_like_a_token(text: str) -> bool:
    """Tell whether *text* has the three parts of a JWT (RFC 7519)."""
    return len(text) <= MOST_CHARACTERS and _TOKEN.fullmatch(text) is not None


def jti_of(token: str) -> str:
    """Return the ``jti`` of *token*.

    Raises:
        UsageError: it has none. The text does not repeat the token.
    """
    payload = token.split(".")[1]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Payload).jti
    except (msgspec.MsgspecError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise UsageError(
            "this looks like an access token, but it has no jti that can be read: copy it whole, "
            "or give the id of its request (X-Request-Id)"
        ) from None
