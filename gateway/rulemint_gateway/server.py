"""The listening socket, the signals, and the order of draining."""

from __future__ import annotations

import asyncio
import signal
import ssl
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from rulemint_gateway.compose import Gateway, open_gateway
from rulemint_gateway.settings import GatewaySettings
from rulemint_gateway.tls import Certificate
from rulemint_shared.background import in_background

log = structlog.get_logger(__name__)


class AddressUnusableError(Exception):
    """The address cannot be listened on. The text says why."""


async def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises:
        AddressUnusableError: the port is taken or the address is not ours.
        CertificateError: the certificate cannot be used.
        RedisUnusableError, VaultError, AdminFileError, StoreUnavailableError: see `open_gateway`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    certificate = _certificate(settings)
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings))
        if certificate is not None:
            in_background(stack, certificate.keep_fresh())
        runner = web.AppRunner(
            gateway.application, access_log=None, handle_signals=False, shutdown_timeout=settings.drain
        )
        await runner.setup()
        try:
            for port, context in _sockets(settings, certificate):
                await _listen(runner, settings.host, port, context)
            log.info("serving", issuer=settings.issuer_url())
            await stop.wait()
            await _drain(gateway)
        finally:
            await runner.cleanup()
    log.info("stopped")


def _certificate(settings: GatewaySettings) -> Certificate | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Certificate(settings.tls_cert, settings.tls_key)


def _sockets(settings: GatewaySettings, certificate: Certificate | None) -> list[tuple[int, ssl.SSLContext | None]]:
    """Each port, with the TLS that is spoken there."""
    context = None if certificate is None else certificate.context
    if settings.tls_port is None:
        return [(settings.port, context)]
    return [(settings.port, None), (settings.tls_port, context)]


async def _listen(runner: web.AppRunner, host: str, port: int, context: ssl.SSLContext | None) -> None:
    try:
        await web.TCPSite(runner, host, port, backlog=1_024, ssl_context=context).start()
    except OSError as error:
        raise AddressUnusableError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "set RULEMINT_PORT or RULEMINT_TLS_PORT to a free port, or stop what uses it"
        ) from error
    log.info("listening", address=f"{'http' if context is None else 'https'}://{host}:{port}")


async def _drain(gateway: Gateway) -> None:
    """Unready first, so that nobody sends more; then the log streams, which would never end by themselves."""
    log.info("draining")
    gateway.health.drain()
    gateway.log_hub.close_watchers()
