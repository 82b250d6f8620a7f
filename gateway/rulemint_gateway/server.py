"""The listening sockets, the signals, and the order of draining."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from rulemint_gateway.compose import Gateway, open_gateway
from rulemint_gateway.settings import GatewaySettings
from rulemint_gateway.tls import Certificate
from rulemint_gateway.web.stalled_readers import StalledReaders
from rulemint_shared.background import in_background
from rulemint_shared.collection import settle_collector

log = structlog.get_logger(__name__)


class Address(NamedTuple):
    """Where to listen, and the *setting* of its port."""

    host: str
    port: int
    setting: str
    tls: ssl.SSLContext | None = None
    """What is spoken there, if it is not plain http."""


class AddressUnusableError(Exception):
    """The address cannot be listened on. The text says why."""


async def serve(settings: GatewaySettings, *, on_serving: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, then drain. *on_serving* is called once clients are answered.

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
        if settings.metrics_port:
            place = Address(settings.metrics_host, settings.metrics_port, "RULEMINT_METRICS_PORT")
            metrics = _listening(gateway.metrics, [place], write_timeout_s=settings.write_timeout)
            await stack.enter_async_context(metrics)
        places = _addresses(settings, certificate)
        shared = settings.gateway_processes > 1
        await stack.enter_async_context(
            _listening(
                gateway.application,
                places,
                shared=shared,
                drain_s=settings.drain,
                write_timeout_s=settings.write_timeout,
            )
        )
        settle_collector()
        log.info("serving", issuer=settings.issuer_url())
        on_serving()
        await stop.wait()
        await _drain(gateway)
    log.info("stopped")


def _certificate(settings: GatewaySettings) -> Certificate | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Certificate(settings.tls_cert, settings.tls_key)


def _addresses(settings: GatewaySettings, certificate: Certificate | None) -> list[Address]:
    context = None if certificate is None else certificate.context
    if settings.tls_port is None:
        return [Address(settings.host, settings.port, "RULEMINT_PORT", context)]
    return [
        Address(settings.host, settings.port, "RULEMINT_PORT"),
        Address(settings.host, settings.tls_port, "RULEMINT_TLS_PORT", context),
    ]


def check_free(settings: GatewaySettings) -> None:
    """Whether nobody listens yet where several processes are about to: the kernel would let them share with others.

    Raises:
        AddressUnusableError: somebody does.
    """
    for place in _addresses(settings, None):
        try:
            with socket.create_server((place.host, place.port)):
                continue
        except OSError as error:
            raise _unusable(place, error) from error


@asynccontextmanager
async def _listening(
    application: web.Application,
    places: Sequence[Address],
    *,
    shared: bool = False,
    drain_s: float = 0,
    write_timeout_s: float,
) -> AsyncIterator[None]:
    """*application* at *places*, *shared* with other processes; afterwards its requests have *drain_s* to finish.

    A connection whose client reads nothing for *write_timeout_s* is closed.
    """
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=drain_s)
    await runner.setup()
    try:
        for place in places:
            await _listen(runner, place, shared=shared)
        async with AsyncExitStack() as stack:
            in_background(stack, StalledReaders(lambda: _connections(runner), timeout_s=write_timeout_s).cut_off())
            yield
    finally:
        await runner.cleanup()


def _connections(runner: web.AppRunner) -> list[RequestHandler]:
    return [] if runner.server is None else runner.server.connections


async def _listen(runner: web.AppRunner, place: Address, *, shared: bool) -> None:
    site = web.TCPSite(runner, place.host, place.port, backlog=1_024, ssl_context=place.tls, reuse_port=shared)
    try:
        await site.start()
    except OSError as error:
        raise _unusable(place, error) from error
    log.info("listening", address=f"{'http' if place.tls is None else 'https'}://{place.host}:{place.port}")


def _unusable(place: Address, error: OSError) -> AddressUnusableError:
    why = os.strerror(error.errno) if error.errno else str(error)
    return AddressUnusableError(
        f"cannot listen on {place.host}:{place.port}: {why}; set {place.setting} to a free port, or stop what uses it"
    )


async def _drain(gateway: Gateway) -> None:
    """Unready first, so that nobody sends more; then the log streams, which would never end by themselves."""
    log.info("draining")
    gateway.health.drain()
    gateway.log_hub.close_watchers()
