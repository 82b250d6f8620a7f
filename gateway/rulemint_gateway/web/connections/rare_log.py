"""Log lines about what happens thousands of times when somebody wants it to: one in five seconds, with how often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

EVERY_S = 5.0

_Key = tuple[str, object]
"""The event, and why."""


class RareLog:
    """Writes an event when it first happens, then how many times it did in the seconds after that."""

    def __init__(self) -> None:
        self._more: dict[_Key, int] = {}

    def warning(self, event: str, **fields: object) -> None:
        """The operator has to know."""
        self._happened(log.warning, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """It may explain something."""
        self._happened(log.info, event, fields)

    def _happened(self, write: Callable[..., None], event: str, fields: dict[str, object]) -> None:
        key = (event, fields.get("why"))
        if key in self._more:
            self._more[key] += 1
            return
        write(event, how_many=1, **fields)
        self._sum_up_later(write, key, fields)

    def _sum_up_later(self, write: Callable[..., None], key: _Key, fields: dict[str, object]) -> None:
        self._more[key] = 0
        asyncio.get_running_loop().call_later(EVERY_S, self._sum_up, write, key, fields)

    def _sum_up(self, write: Callable[..., None], key: _Key, fields: dict[str, object]) -> None:
        if more := self._more.pop(key):
            write(key[0], how_many=more, **fields)
            self._sum_up_later(write, key, fields)
