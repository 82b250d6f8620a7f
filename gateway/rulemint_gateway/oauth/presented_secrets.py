"""The secret that a client shows, hidden wherever else in its request it stands.

Some clients send it twice: in a note, in a header, in the query. Rules, logs, records and tapes get ``***`` for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rulemint_shared.secrets.masking import MASK

SHORTEST_HIDDEN = 8
"""Characters. A shorter one may stand in any word; the management API takes none of fewer than 16."""

T = TypeVar("T")


def presented(secrets: Iterable[str]) -> tuple[str, ...]:
    """Those of *secrets*, the readings of what a client showed, that are hidden: the longest first."""
    return tuple(sorted({secret for secret in secrets if len(secret) >= SHORTEST_HIDDEN}, key=len, reverse=True))


def hidden(value: T, secrets: tuple[str, ...]) -> T:
    """Return *value*, of JSON or of a form, with each of *secrets* in its texts and names as ``***``.

    *value* is at most as deep as what travels to runners (`travelling.MAX_DEPTH`).
    """
    return _hidden(value, secrets)  # type: ignore[return-value]  # texts stay texts, lists lists


def _hidden(value: object, secrets: tuple[str, ...]) -> object:
    if isinstance(value, str):
        for secret in secrets:
            if secret in value:
                value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {_hidden(name, secrets): _hidden(each, secrets) for name, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each, secrets) for each in value]
    return value
