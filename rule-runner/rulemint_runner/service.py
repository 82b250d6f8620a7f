"""A runner from its first claim to its last: signals, and the order of draining."""

from __future__ import annotations

import asyncio
import signal

import structlog

from rulemint_runner.compose.runner import Runner, open_runner
from rulemint_runner.hosts.host_budget import HostBudget
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.sandbox.sandbox import SpawnerProcess
from rulemint_runner.self_check.self_check import SandboxMissingError
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.process.background import PartFailedError, cancel
from rulemint_shared.process.gc_tuning import leave_out_what_started

log = structlog.get_logger(__name__)


class SpawnerLostError(Exception):
    """The process that starts hosts has ended. Nothing but a new runner can start any."""


async def serve(settings: RunnerSettings, spawner: SpawnerProcess, languages: Languages, budget: HostBudget) -> None:
    """Claim invocations until SIGTERM or SIGINT, then drain.

    Raises:
        GeoIpDatabaseError, RedisUnusableError, RunnerKeyError: see `open_runner`.
        SandboxMissingError: rules are not contained, or are no longer.
        PartFailedError: a part of the runner failed, and it has drained.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_runner(settings, spawner, languages, budget) as runner:
        leave_out_what_started()
        worker = asyncio.create_task(runner.worker.main())
        presence = asyncio.create_task(runner.presence.keep())
        checking = asyncio.create_task(runner.self_check.repeat(every_s=settings.self_check_interval))
        lost = asyncio.create_task(_lose(runner))
        failed = await _until(stop, worker, presence, checking, lost)
        log.info("draining")
        await runner.presence.begin_to_leave()  # first nobody counts on it any more; then it stops claiming
        await runner.worker.drain(within_s=settings.drain)
        await cancel([worker, checking, lost, presence])
        await runner.presence.leave()
    log.info("stopped")
    if isinstance(failed, SandboxMissingError):
        raise failed
    if failed is not None:
        raise PartFailedError("a part of the runner failed: the log above says why") from failed


async def _until(stop: asyncio.Event, *vital: asyncio.Task[None]) -> BaseException | None:
    """Return when told to stop, or with the error of what the runner cannot do without."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *vital], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    errors = [task.exception() for task in vital if task.done()]
    for error in errors:
        is_expected = isinstance(error, SandboxMissingError | SpawnerLostError)
        log.critical("the runner cannot go on", error=str(error), exc_info=None if is_expected else error)
    return next(filter(None, errors), None)


async def _lose(runner: Runner) -> None:
    """Fail once what starts hosts has gone."""
    await runner.sandbox.lost.wait()
    raise SpawnerLostError("the sandbox's spawner has ended")
