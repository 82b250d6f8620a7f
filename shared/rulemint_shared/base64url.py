"""Base64 as tokens have it: letters that a URL may hold, and nothing behind them (RFC 7515 §2)."""

from __future__ import annotations

from binascii import b2a_base64

_LETTERS = bytes.maketrans(b"+/", b"-_")


def base64url(data: bytes) -> bytes:
    """*data* in base64url, without padding. Every token needs it three times: `base64` makes six calls of one."""
    return b2a_base64(data, newline=False).translate(_LETTERS, b"=")
