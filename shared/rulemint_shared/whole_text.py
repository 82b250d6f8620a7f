r"""Patterns for whole texts, as `msgspec.Meta` and JSON Schema take them.

Python's ``$`` also matches before a line break at the end, so ``^[a-z]+$`` takes ``"a\n"``. JavaScript's does not.
`whole` ends a pattern where both agree. Elsewhere, use `re.fullmatch`, or end a pattern with ``\Z``.
"""

from __future__ import annotations

_END = r"$(?!\n)"


def whole(pattern: str) -> str:
    """Return a pattern of the texts that *pattern* describes from their first to their last character.

    Choices must be in parentheses: ``whole("(yes|no)")``.
    """
    return f"^{pattern}{_END}"


def plainly(text: str) -> str:
    """Return *text* with patterns as readers know them: ``^[a-z]+$``. msgspec's errors double each backslash."""
    return text.replace(_END.replace("\\", "\\\\"), "$").replace(_END, "$")
