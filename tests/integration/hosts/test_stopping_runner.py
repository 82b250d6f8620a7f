"""A runner that stops leaves nothing of its hosts open, even if it does not wait for their ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from fixtures.hosts import a_spawner, load_frame, program_of
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire.frames import Line
from rulemint_runner.sandbox.sandbox import open_sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline


async def left_alone(_host: Host) -> None:
    """It waits for a rule."""


async def has_a_rule(host: Host) -> None:
    def ignore(_line: Line) -> None:
        """There is none."""

    script = "def rule(client, scope, audience, context):\n    return {}"
    await host.load(load_frame(script, Language.PYTHON), Deadline.after(10), ignore)


async def paused(host: Host) -> None:
    host.pause()


async def about_to_say_where_it_is(host: Host) -> None:
    host.kill_overdue(FailureReason.TIMEOUT, "too late")


async def killed(host: Host) -> None:
    host.kill(FailureReason.INTERRUPTED, "not needed")


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def run_and_end(prepare: Callable[[Host], Awaitable[None]] | None) -> None:
    async with open_sandbox(a_spawner()) as sandbox:
        if prepare is not None:
            await prepare(await start_host(sandbox, program_of(Language.PYTHON)))


@pytest.mark.parametrize("prepare", [left_alone, has_a_rule, paused, about_to_say_where_it_is, killed])
def test_nothing_of_a_host_is_open_after_its_event_loop(prepare: Callable[[Host], Awaitable[None]]) -> None:
    uvloop.run(run_and_end(None))  # what is opened once for the whole process is open now
    before = open_descriptors()
    uvloop.run(run_and_end(prepare))
    assert open_descriptors() == before
