"""The authority of a URL or a Host header in its one form, so that equal ones are equal texts (RFC 9110 §4.2.3)."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_CHARACTERS = 261
"""A name of 255 characters, a colon and a port."""
_DEFAULT_PORTS = {"", "80", "443"}
"""A proxy that ends TLS hands on ``:443`` over plain http, so the default port of either scheme says nothing."""
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::0*([0-9]{0,5}))?")


def normalised(authority: str) -> str:
    """*authority* in lower case, without a default port and without the dot at its end.

    A text that is no authority comes back as it is.
    """
    return authority if len(authority) > MAX_CHARACTERS else _normalised(authority)


@lru_cache(maxsize=1_024)  # every request has one; clients send the same few
def _normalised(authority: str) -> str:
    found = _AUTHORITY.fullmatch(authority.lower())
    if found is None:
        return authority
    name, port = found[1].removesuffix("."), found[2] or ""
    return name if port in _DEFAULT_PORTS else f"{name}:{port}"
