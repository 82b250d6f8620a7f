"""Refuse values from JSON that MessagePack cannot carry. Pure: the test kit for rules has this file too."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 32
_INTEGERS = range(-(2**63), 2**64)


def check_travels(value: Any, *, max_depth: int = MAX_DEPTH) -> None:
    """Refuse a value from JSON that MessagePack cannot carry, or that has more than *max_depth* levels.

    Raises:
        ValueError: the text says what is in it.
    """
    level = [value]
    for _ in range(max_depth):
        level = _inside(level)
        if not level:
            return
    raise ValueError(f"something that is nested deeper than {max_depth}")


def _inside(values: list[Any]) -> list[Any]:
    """Return what is in *values*, which may travel. A call for each value would take longer than its check."""
    inside: list[Any] = []
    for value in values:
        if isinstance(value, str):
            if not value.isascii():
                _check_text(value)
        elif isinstance(value, dict):
            _inside([*value])
            inside += value.values()
        elif isinstance(value, list):
            inside += value
        elif isinstance(value, int) and value not in _INTEGERS:
            raise ValueError("an integer of more than 64 bits")
    return inside


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text with half a surrogate pair") from None
