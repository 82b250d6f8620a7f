"""Spare hosts: started, contained and blank, so that a rule's first invocation costs a load and not a start.

Taking one starts its successor. A host that has loaded a rule never comes back here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any

import structlog

from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.sandbox.priority import Priority
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel

log = structlog.get_logger(__name__)

PAUSE_BEFORE_REFILL_S = 0.02
"""The invocation that has just taken a spare has the processor first."""
PAUSE_AFTER_FAILURE_S = 1.0
"""The reason for the failure is still there for a moment."""


class SpareHosts:
    """Keeps *spares* blank hosts ready of each language with the usual memory."""

    def __init__(self, sandbox: Sandbox, languages: Languages, *, spares: int, memory_mb: int) -> None:
        self._sandbox = sandbox
        programs = {languages.program(language, memory_mb=memory_mb) for language in Language}
        self._spares = spares
        self._ready: dict[HostProgram, deque[Host]] = {program: deque() for program in programs}
        self._refilling = {program: asyncio.Lock() for program in programs}
        self._next_try = {program: Deadline.after(0) for program in programs}
        self._tasks: set[asyncio.Task[None]] = set()

    def fill(self) -> None:
        """Start the spares, in the background."""
        for program in self._ready:
            self._in_background(self._refill(program))

    async def take(self, program: HostProgram, *, priority: Priority = Priority.USUAL) -> Host:
        """A blank host of *program*: a spare if there is one.

        One of a lower *priority* is never a spare, whose successor would start at everybody's cost.

        Raises:
            HostEndedError: there was none, and none could be started.
        """
        ready = self._ready.get(program) if priority is Priority.USUAL else None
        if ready is None:
            return await start_host(self._sandbox, program, priority=priority)
        self._in_background(self._refill(program))
        while ready:
            host = ready.popleft()
            if host.usable:
                host.was_spare()
                return host
            host.kill(FailureReason.INTERRUPTED, "the host was about to end")  # from here on nobody looks after it
        return await start_host(self._sandbox, program)

    async def close(self) -> None:
        """End every spare."""
        await cancel(self._tasks)
        hosts = [host for ready in self._ready.values() for host in ready]
        for host in hosts:
            host.kill(FailureReason.INTERRUPTED, "the runner stopped")
        await asyncio.gather(*(host.ended.wait() for host in hosts))

    async def _refill(self, program: HostProgram) -> None:
        await asyncio.sleep(PAUSE_BEFORE_REFILL_S)
        ready = self._ready[program]
        async with self._refilling[program]:  # two that count at once would both start one
            while len(ready) < self._spares and self._next_try[program].passed():
                try:
                    ready.append(await start_host(self._sandbox, program))
                except HostEndedError as error:
                    log.warning("could not start a spare host", error=str(error))
                    self._next_try[program] = Deadline.after(PAUSE_AFTER_FAILURE_S)
                    return  # the next one that is taken tries again

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
