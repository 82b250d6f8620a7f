"""Spare hosts: started, contained and blank, so that a rule's first invocation costs a load and not a start.

Taking one starts its successor. A host that has loaded a rule never comes back here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any

import structlog

from rulemint_runner.hosts.host import Host, HostEndedError, start_host
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.background import cancel
from rulemint_shared.messages import FailureReason
from rulemint_shared.records import Language

log = structlog.get_logger(__name__)

PAUSE_BEFORE_REFILL_S = 0.02
"""Whoever has just taken a spare has the processor first."""


class Nursery:
    """Keeps *spares* blank hosts of each language ready."""

    def __init__(self, sandbox: Sandbox, languages: Languages, *, spares: int) -> None:
        self._sandbox = sandbox
        self._languages = languages
        self._spares = spares
        self._ready: dict[SandboxPolicy, deque[Host]] = {}
        self._refilling: dict[SandboxPolicy, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def fill(self) -> None:
        """Start the spares of every language, in the background."""
        for policy in {self._languages.policy(language) for language in Language}:
            self._ready[policy] = deque()
            self._in_background(self._refill(policy))

    async def take(self, language: Language) -> Host:
        """A blank host for a rule of *language*.

        Raises:
            HostEndedError: there was no spare, and none could be started.
        """
        policy = self._languages.policy(language)
        ready = self._ready.setdefault(policy, deque())
        while ready:
            host = ready.popleft()
            if host.usable:
                self._in_background(self._refill(policy))
                return host
        self._in_background(self._refill(policy))
        return await start_host(self._sandbox, policy)

    async def close(self) -> None:
        """End every spare."""
        await cancel(self._tasks)
        hosts = [host for ready in self._ready.values() for host in ready]
        for host in hosts:
            host.kill(FailureReason.INTERRUPTED, "the runner stopped")
        await asyncio.gather(*(host.ended.wait() for host in hosts))

    async def _refill(self, policy: SandboxPolicy) -> None:
        await asyncio.sleep(PAUSE_BEFORE_REFILL_S)
        ready = self._ready[policy]
        async with self._refilling.setdefault(policy, asyncio.Lock()):  # two that count at once would both start one
            while len(ready) < self._spares:
                try:
                    ready.append(await start_host(self._sandbox, policy))
                except HostEndedError as error:
                    log.warning("could not start a spare host", error=str(error))
                    return  # the next one that is taken tries again

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
