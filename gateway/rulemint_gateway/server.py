"""The listening sockets, the signals, and the order of draining."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import structlog
from aiohttp import web

from rulemint_gateway.compose import Gateway, open_gateway
from rulemint_gateway.settings import GatewaySettings

log = structlog.get_logger(__name__)


class Address(NamedTuple):
    """Where to listen, and the *setting* of its port."""

    host: str
    port: int
    setting: str


class AddressUnusableError(Exception):
    """The address cannot be listened on. The text says why."""


async def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises:
        AddressUnusableError: the port is taken or the address is not ours.
        RedisUnusableError, VaultError, AdminFileError, StoreUnavailableError: see `open_gateway`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings))
        if settings.metrics_port:
            place = Address(settings.metrics_host, settings.metrics_port, "RULEMINT_METRICS_PORT")
            await stack.enter_async_context(_listening(gateway.metrics, place))
            log.info("metrics", address=f"http://{place.host}:{place.port}/metrics")
        place = Address(settings.host, settings.port, "RULEMINT_PORT")
        await stack.enter_async_context(_listening(gateway.application, place, drain_s=settings.drain))
        log.info("listening", address=f"http://{place.host}:{place.port}", issuer=settings.issuer_url())
        await stop.wait()
        await _drain(gateway)
    log.info("stopped")


@asynccontextmanager
async def _listening(application: web.Application, place: Address, *, drain_s: float = 0) -> AsyncIterator[None]:
    """*application* at *place*; afterwards its requests have *drain_s* to finish."""
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=drain_s)
    await runner.setup()
    try:
        await _listen(runner, place)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, place: Address) -> None:
    try:
        await web.TCPSite(runner, place.host, place.port, backlog=1_024).start()
    except OSError as error:
        raise AddressUnusableError(
            f"cannot listen on {place.host}:{place.port}: {error.strerror or error}; "
            f"set {place.setting} to a free port, or stop what uses it"
        ) from error


async def _drain(gateway: Gateway) -> None:
    """Unready first, so that nobody sends more; then the log streams, which would never end by themselves."""
    log.info("draining")
    gateway.health.drain()
    gateway.log_hub.close_watchers()
