"""A rule's secrets do not get into anything that is kept or shown of its invocations."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "***"
SHORTEST_MASKED = 4
"""A shorter secret would mask half of every word, and protects nothing."""


class Mask:
    """Replaces secrets in texts, the longest first; each line of a secret of several lines counts for itself."""

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = {part for value in secrets for part in (value, *value.splitlines()) if len(part) >= SHORTEST_MASKED}
        self._parts = sorted(parts, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """*text* without the secrets."""
        for part in self._parts:
            text = text.replace(part, MASK)
        return text
