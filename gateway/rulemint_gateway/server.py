"""The listening socket, the signals, and the order of draining."""

from __future__ import annotations

import asyncio
import signal

import structlog
from aiohttp import web

from rulemint_gateway.compose import Gateway, open_gateway
from rulemint_gateway.settings import GatewaySettings

log = structlog.get_logger(__name__)


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
    async with open_gateway(settings) as gateway:
        runner = web.AppRunner(
            gateway.application, access_log=None, handle_signals=False, shutdown_timeout=settings.drain
        )
        await runner.setup()
        try:
            await _listen(runner, settings)
            log.info("listening", address=f"http://{settings.host}:{settings.port}", issuer=settings.issuer_url())
            await stop.wait()
            await _drain(gateway)
        finally:
            await runner.cleanup()
    log.info("stopped")


async def _listen(runner: web.AppRunner, settings: GatewaySettings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port, backlog=1_024).start()
    except OSError as error:
        raise AddressUnusableError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "set RULEMINT_PORT to a free port, or stop what uses it"
        ) from error


async def _drain(gateway: Gateway) -> None:
    """Unready first, so that nobody sends more; then the log streams, which would never end by themselves."""
    log.info("draining")
    gateway.health.drain()
    gateway.log_hub.close_watchers()
