"""No secret gets into what is kept or shown of a rule's invocations: neither its own, nor what its name says is one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from rulemint_shared.secrets.masking import MASK, masked_text

SHORTEST_MASKED = 4
"""A shorter secret would mask half of every word, and protects nothing."""
SHORTEST_ENCODED = 8
"""In bytes. What a shorter secret is in base64 would be found in other texts too."""
_URL_SAFE = str.maketrans("+/", "-_")


class Mask:
    """Replaces secrets in texts, the longest first; each line of a secret of several lines counts for itself.

    A whole secret is also found as URLs, base64 and hexadecimal digits have it. A rule that prints a URL which it has
    made prints the secret in it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        values = set(secrets)
        parts = {part for value in values for part in (value, *value.splitlines()) if len(part) >= SHORTEST_MASKED}
        spelled = {spelling for part in parts for spelling in _spellings(part)}
        spelled |= {encoding for value in values for encoding in _encodings(value.encode(errors="replace"))}
        self._parts = sorted(spelled, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """*text* without the rule's secrets, and without the values in it that have a secret name."""
        for part in self._parts:
            text = text.replace(part, MASK)
        return masked_text(text)


def _spellings(text: str) -> set[str]:
    """Spell *text* as languages show it within quotes.

    As JSON, as a Python literal, as ``console.log`` shows a member.
    """
    in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    in_single_quotes = text.replace("\\", "\\\\").replace("'", "\\'")
    return {text, *in_json, repr(text)[1:-1], in_single_quotes}


def _encodings(data: bytes) -> set[str]:
    """Encode *data* for a URL, in hexadecimal digits, and in base64, alone or within a longer text."""
    if len(data) < SHORTEST_ENCODED:
        return set()
    in_urls = {quote(data, safe=""), quote(data, safe="!'()*")}
    in_forms = {quote_plus(data), quote_plus(data, safe="*").replace("~", "%7E")}  # Python's, and URLSearchParams'
    in_digits = {data.hex(), data.hex().upper()}
    in_base64 = {base64.b64encode(data).decode().rstrip("=")}
    for before in range(3):  # bytes of the same group that come before
        text = base64.b64encode(bytes(before) + data).decode()
        in_base64.add(text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6])
    return {*in_urls, *in_forms, *in_digits, *in_base64, *(text.translate(_URL_SAFE) for text in in_base64)}
