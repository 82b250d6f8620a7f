"""Tokens that wait for their signatures, and how a whole batch of them gets these."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from rulemint_gateway.tokens.signing import UsableKey


class Wanted(NamedTuple):
    """A token that waits for its signature."""

    key: UsableKey
    payload: dict[str, Any]
    token: asyncio.Future[str]


def signed(batch: Sequence[Wanted]) -> list[str | Exception]:
    """The token of each of *batch*, or why there is none."""
    return [_token(wanted) for wanted in batch]


def give(batch: Sequence[Wanted], tokens: Sequence[str | Exception]) -> None:
    """Wake up who waits for one of *batch*."""
    for wanted, token in zip(batch, tokens, strict=True):
        if wanted.token.done():  # nobody waits for it any more
            continue
        if isinstance(token, Exception):
            wanted.token.set_exception(token)
        else:
            wanted.token.set_result(token)


def _token(wanted: Wanted) -> str | Exception:
    try:
        return wanted.key.token(wanted.payload)
    except Exception as error:  # noqa: BLE001  # whoever waits for it raises it
        return error
