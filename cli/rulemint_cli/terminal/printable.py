"""Make any text safe to print: no text that a system sends can drive a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """*text* with control characters spelled out, so that no line can drive a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
