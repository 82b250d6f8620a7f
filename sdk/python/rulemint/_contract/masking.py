# Made by sdk/derive.py of shared/rulemint_shared/secrets/masking.py: change that, and run `make sdk`.
"""Mask values with secret names where they are kept or shown, and leave them out where a rule would see them.

Everything below a secret name is secret. A text that itself spells names and values (JSON, a form, a printed object) is
masked in the same way. A value that has the form of a credential is masked under any name.

`process/service_log.py` masks by this what services log. The runner's `flow/masks.py` masks the values of a rule's
secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from rulemint._contract.secret_names import LONGEST_NAME, is_secret_name, secret_names_among

MASK = "***"
CUT = "…"
MAX_DEPTH = 32
MAX_VALUES = 10_000
"""Of one thing that is masked; what is beyond is left out, and `CUT` says so."""
_REMEMBERED_TEXTS = 2_048
MAX_NAMES = 500
"""With a value, in one text; from the next on it is left out in the same way."""

_ASSIGNED = re.compile(r"""[:=]>?\s*(\\*["'`])|(?<=[\w"'\]])=(?=[^\s=&"'`\\>])""")
"""A name has just ended: a quoted value begins, or one as in a form."""
_SOUNDS_SECRET = re.compile(
    "secret|token|pass|pwd|key|auth|cookie|credential|assertion|session|sess|sig|pin|otp|jw|bearer|dpop|pw|code|sid|srf"
    "|ticket|psk|sas|pat|p12|pfx|hmac|macaroon|mnemonic|phrase|conn|private|saml"
)
_END_OF_FORM_VALUE = re.compile(r"""[\s&;,"'`\\)}\]<>]""")
_INSIDE_QUOTES = {quote: re.compile(rf"(?:\\.|[^\\{quote}])*", re.DOTALL) for quote in "\"'`"}
_PARTS_OF_NAMES = frozenset("_-.$")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}-----|\Z)", re.DOTALL)
_JWT = re.compile(r"\beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)*")
_OF_A_SCHEME = re.compile(
    r"\b([Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|[Dd][Pp][Oo][Pp]) (?=[a-z]*[0-9A-Z+/=._~-])[\w+/=.~-]{8,}"
)
_USER_IN_URL = re.compile(r"://[^/\s:@]{0,256}:[^/\s@]{1,512}@")


def masked(value: Any, *, max_values: int = MAX_VALUES, max_depth: int = MAX_DEPTH) -> Any:
    """*value* with `MASK` for each secret; what a dictionary or list holds too much is left out."""
    return _Masking(max_values, max_depth).of(value, secret=False, depth=0)


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """*values* without those that have a secret name, at any depth."""
    secret = secret_names_among(values)
    if _names_a_secret(values):
        secret |= {"value"}
    return {
        name: item if isinstance(item, str) else _cleared(item) for name, item in values.items() if name not in secret
    }


def masked_text(text: str) -> str:
    """*text* without the secrets that it spells. Most texts spell none, and are found so at once."""
    lower = text.lower()
    if ("=" in text or '"' in text or "'" in text or "`" in text) and _SOUNDS_SECRET.search(lower):
        text = "".join(_pieces(text))
    if "@" in text:
        text = _USER_IN_URL.sub(f"://{MASK}@", text)
    if "eyJ" in text:
        text = _JWT.sub(MASK, text)
    if "earer " in lower or "asic " in lower or "dpop " in lower:
        text = _OF_A_SCHEME.sub(rf"\1 {MASK}", text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(MASK, text)
    return text


masked_again = lru_cache(maxsize=_REMEMBERED_TEXTS)(masked_text)
"""For a short text that comes again and again, such as the name of an API: it is remembered as it is."""


class _Masking:
    """One walk through a value, which looks at so many values at most."""

    def __init__(self, max_values: int, max_depth: int) -> None:
        self._left = max_values
        self._max_depth = max_depth

    def of(self, value: Any, *, secret: bool, depth: int) -> Any:
        """*value* masked; *secret*: the name of something that it is in was secret."""
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return MASK if secret else masked_text(value)
        if isinstance(value, dict):
            return self._mapping(value, secret=secret, depth=depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(list(value), secret=secret, depth=depth)
        return MASK if secret or isinstance(value, bytes | bytearray | memoryview) else value

    def _mapping(self, values: dict[Any, Any], *, secret: bool, depth: int) -> Any:
        if depth >= self._max_depth:
            return CUT
        hidden = _names_a_secret(values)
        kept: dict[Any, Any] = {}
        for name, item in values.items():
            if self._left <= 0:
                kept[CUT] = f"({len(values)} names)"
                break
            below = secret or is_secret_name(str(name)) or (hidden and name == "value")
            kept[name] = self.of(item, secret=below, depth=depth + 1)
        return kept

    def _items(self, items: list[Any], *, secret: bool, depth: int) -> Any:
        if depth >= self._max_depth:
            return CUT
        kept: list[Any] = []
        for item in items:
            if self._left <= 0:
                kept.append(f"{CUT} ({len(items)} items)")
                break
            kept.append(self.of(item, secret=secret, depth=depth + 1))
        return kept


def _names_a_secret(values: Mapping[Any, Any]) -> bool:
    """Tell whether *values* are like ``{"name": "password", "value": …}``."""
    if "value" not in values:
        return False
    return any(isinstance(name := values.get(field), str) and is_secret_name(name) for field in ("name", "key"))


def _cleared(value: Any) -> Any:
    if isinstance(value, dict):
        return without_secrets(value)
    return [_cleared(item) for item in value] if isinstance(value, list) else value


def _pieces(text: str) -> Iterator[str]:
    """*text* in pieces, with `MASK` for each value of a secret name."""
    done = 0
    for number, found in enumerate(_ASSIGNED.finditer(text)):
        if number == MAX_NAMES:
            yield text[done : max(done, found.start())] + CUT
            return
        is_masked = text.startswith(MASK, found.end())
        if found.start() >= done and not is_masked and is_secret_name(_name_before(text, found.start(), done)):
            yield text[done : found.end()] + MASK
            done = _end_of_value(text, found.end(), found[1])
    yield text[done:]


def _name_before(text: str, end: int, begin: int) -> str:
    """The name that ends at *end*, in quotes or not; it begins after *begin*."""
    before = text[max(begin, end - LONGEST_NAME - 8) : end].rstrip(" \t\\])")
    if before and before[-1] in "\"'`":
        quoted = before[:-1].rstrip("\\")
        return quoted[quoted.rfind(before[-1]) + 1 :]
    start = len(before)
    while start and (before[start - 1].isalnum() or before[start - 1] in _PARTS_OF_NAMES):
        start -= 1
    return before[start:]


def _end_of_value(text: str, begin: int, quote: str | None) -> int:
    """Find where the value that begins at *begin* ends; one whose quote never ends has the rest of the text."""
    if quote is None:
        end = _END_OF_FORM_VALUE.search(text, begin)
        return end.start() if end else len(text)
    if len(quote) > 1:
        end_at = text.find(quote, begin)
        return len(text) if end_at < 0 else end_at
    inside = _INSIDE_QUOTES[quote].match(text, begin)
    return inside.end() if inside else begin
