r"""Patterns for whole texts, as `msgspec.Meta` and JSON Schema take them.

Python's ``$`` also matches before a line break at the end, so ``^[a-z]+$`` takes ``"a\n"``. JavaScript's does not.
`whole` ends a pattern where both agree. Elsewhere, use `re.fullmatch`, or end a pattern with ``\Z``.
"""

from __future__ import annotations

_END = r"$(?!\n)"
_MEANINGS: dict[str, str] = {}
"""The words for what each pattern takes, by the way in which msgspec's errors spell the pattern."""


def whole(pattern: str, *, means: str = "") -> str:
    """Return a pattern of the texts that *pattern* describes from their first to their last character.

    Choices must be in parentheses: ``whole("(yes|no)")``. *means* is what such a text is, for people who wrote another.
    """
    return named(f"^{pattern}{_END}", means=means)


def named(pattern: str, *, means: str) -> str:
    """Return *pattern*, a text of which is *means*."""
    if means:
        _MEANINGS[repr(pattern)] = means
    return pattern


def meaning_of(shown: str) -> str:
    """Say what texts a pattern takes, as msgspec's error has *shown* it."""
    return _MEANINGS.get(shown, "a text of another form")


def plainly(text: str) -> str:
    """Return *text* with patterns as readers know them: ``^[a-z]+$``. msgspec's errors double each backslash."""
    return text.replace(_END.replace("\\", "\\\\"), "$").replace(_END, "$")
