"""Make text safe to print, because a system may send control characters that drive a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return *text* with its control characters spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
