"""``/healthz``: this process lives. ``/readyz``: it could issue a token that needs rules."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from aiohttp import web
from msgspec import UNSET, UnsetType
from redis.exceptions import RedisError

from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.writing.durability import Durability
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import json_answer


class Alive(Answer, frozen=True, kw_only=True):
    """The process lives."""

    status: Literal["alive", "draining"]
    """draining: it stops soon, so a proxy has to send new requests elsewhere."""


class Ready(Answer, frozen=True, kw_only=True):
    """Tokens that need rules can be issued."""

    status: Literal["ready"]
    runners: int
    sandbox: str | UnsetType = UNSET
    """Only where runners do not contain rules."""
    durability: str | UnsetType = UNSET
    """Only where changes are not confirmed on disk."""


class Unready(Answer, frozen=True, kw_only=True):
    """Tokens that need rules cannot be issued."""

    status: Literal["unready", "draining"]
    missing: Literal["redis", "configuration", "runner", "ready_file"] | UnsetType = UNSET


class Health:
    """The two probes."""

    def __init__(
        self, presence: RunnerPresence, catalog: Catalog, durability: Durability, ready_file: Path | None
    ) -> None:
        """Without *ready_file*, if one is named, the gateway is not ready. It is looked for until it was seen once."""
        self._presence = presence
        self._catalog = catalog
        self._durability = durability
        self._awaited = ready_file
        self._draining = False

    def operations(self) -> list[Operation]:
        """The two calls."""
        return [
            Operation(
                method="GET",
                path="/healthz",
                handle=self.alive,
                tag="Health",
                summary="Ask whether the process lives",
                answer=Alive,
            ),
            Operation(
                method="GET",
                path="/readyz",
                handle=self.ready,
                tag="Health",
                summary="Ask whether tokens can be issued",
                answer=Ready,
                problem=Unready,
                refusals=(503,),
            ),
        ]

    def drain(self) -> None:
        """From now on this gateway says that it is not ready."""
        self._draining = True

    async def alive(self, _request: web.Request) -> web.Response:
        """200 as long as the process answers, also while it drains."""
        return json_answer({"status": "draining" if self._draining else "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """Answer 200 if Redis answers, has a configuration, and a runner is alive; else 503 with what is missing.

        The file that ends the wait for first records is looked for last, so its absence says that they can be made.

        Runners that do not contain rules serve because their operator insists, and are named.
        """
        if self._draining:
            return json_answer({"status": "draining"}, status=503)
        try:
            runners = await self._presence.count()
        except (RedisError, OSError):
            return json_answer({"status": "unready", "missing": "redis"}, status=503)
        if not self._catalog.is_configured:
            return json_answer({"status": "unready", "missing": "configuration"}, status=503)
        if not runners:
            return json_answer({"status": "unready", "missing": "runner"}, status=503)
        if self._awaited is not None:
            if not await asyncio.to_thread(self._awaited.exists):
                return json_answer({"status": "unready", "missing": "ready_file"}, status=503)
            self._awaited = None
        answer: dict[str, object] = {"status": "ready", "runners": runners}
        if insecure := self._presence.insecure:
            answer["sandbox"] = f"INSECURE: {insecure} of {runners} runners do not contain rules"
        if not self._durability.is_confirmed:
            answer["durability"] = "NOT DURABLE: the server does not confirm writes to disk, use appendonly yes"
        return json_answer(answer)
