# Made by sdk/derive.py of shared/rulemint_shared/contract/travelling.py: change that, and run `make sdk`.
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
    _check(value, depth=1, max_depth=max_depth)


def _check(value: Any, *, depth: int, max_depth: int) -> None:
    if depth > max_depth:
        raise ValueError(f"something that is nested deeper than {max_depth}")
    if isinstance(value, int) and value not in _INTEGERS:
        raise ValueError("an integer of more than 64 bits")
    if isinstance(value, str) and not _is_unicode(value):
        raise ValueError("a text with half a surrogate pair")
    if isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth=depth, max_depth=max_depth)
            _check(item, depth=depth + 1, max_depth=max_depth)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth=depth + 1, max_depth=max_depth)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
