"""Make text safe to print, because a system may send control characters that drive a terminal."""

from __future__ import annotations

import re

_UNSEEN = re.compile(r"[\x7f-\U0010ffff]")
"""JSON spells the control characters before these by itself."""


def printable(text: str) -> str:
    """Return *text* with its control characters spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def printable_json(text: str) -> str:
    """Return finished JSON that means the same as *text*, with the characters spelled out that drive a terminal."""
    return _UNSEEN.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    char = found[0]
    if char.isprintable():
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def is_text(text: str) -> bool:
    """Tell whether *text* can be sent. What a shell or a pipe gives may have bytes that are not UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
