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

from rulemint_gateway.compose.gateway import Gateway, open_gateway
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.tls import Certificate
from rulemint_gateway.web.callers.source_address import PROXIES
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.connections.connection import Deadlines
from rulemint_gateway.web.connections.open_connections import OpenConnections
from rulemint_gateway.web.connections.server import Runner, Server
from rulemint_gateway.web.connections.shortcut import Shortcut
from rulemint_gateway.web.connections.stalled_readers import StalledReaders
from rulemint_gateway.web.connections.tls_site import TlsSite
from rulemint_gateway.web.token_endpoint.early_refusals import EarlyRefusals
from rulemint_shared.process.background import in_background
from rulemint_shared.process.gc_tuning import leave_out_what_started
from rulemint_shared.process.open_files import allow_most_open_files

log = structlog.get_logger(__name__)

BACKLOG = 1_024
SHARE_FOR_OURSELVES, LEAST_FOR_OURSELVES = 8, 64
"""Of the open files one in so many, and so many at least, are for Redis and other things than clients' connections."""


class Address(NamedTuple):
    """An address to listen at, and the *setting* of its port."""

    host: str
    port: int
    setting: str
    tls: ssl.SSLContext | None = None
    """The TLS that is spoken there; None: plain http."""


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
        doors = _Doors(settings, gateway)
        if settings.metrics_port:
            place = Address(settings.metrics_host, settings.metrics_port, "RULEMINT_METRICS_PORT")
            await stack.enter_async_context(doors.listening(gateway.metrics, [place]))
        places = _addresses(settings, certificate)
        shared = settings.gateway_processes > 1
        await stack.enter_async_context(
            doors.listening(
                gateway.application, places, shortcut=gateway.shortcut, shared=shared, drain_s=settings.drain
            )
        )
        leave_out_what_started()
        log.info("serving", issuer=settings.issuer_url())
        on_serving()
        await stop.wait()
        await _drain(gateway, settings.drain_delay)
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
    """Check that nobody listens where several processes are about to: the kernel would let them share with others.

    Raises:
        AddressUnusableError: somebody does.
    """
    for place in _addresses(settings, None):
        try:
            with socket.create_server((place.host, place.port)):
                continue
        except OSError as error:
            raise _unusable(place, error) from error


class _Doors:
    """Opens the doors for clients: all addresses share the places for connections, and the deadlines."""

    def __init__(self, settings: GatewaySettings, gateway: Gateway) -> None:
        self._deadlines = Deadlines(settings.header_deadline, settings.body_deadline, settings.idle_deadline)
        self._write_timeout_s = settings.write_timeout
        open_files = allow_most_open_files()
        most = max(open_files - max(open_files // SHARE_FOR_OURSELVES, LEAST_FOR_OURSELVES), 1)
        self._connections = OpenConnections(
            at_most=min(settings.max_connections or most, most),
            per_address=settings.max_connections_per_address,
            is_proxy=gateway.application[PROXIES].trusts,
            count=gateway.cut_short,
        )
        log.info("open files", allowed=open_files, connections=self._connections.at_most)

    @asynccontextmanager
    async def listening(
        self,
        application: web.Application,
        places: Sequence[Address],
        *,
        shortcut: Shortcut | None = None,
        shared: bool = False,
        drain_s: float = 0,
    ) -> AsyncIterator[None]:
        """*application* at *places*, *shared* with others; afterwards its requests have *drain_s* to finish.

        *shortcut* answers some of its requests.
        """
        throttling = application.get(THROTTLING)
        early = EarlyRefusals(throttling, application[PROXIES]) if throttling is not None else None
        runner = Runner(
            application,
            deadlines=self._deadlines,
            connections=self._connections,
            early=early,
            shortcut=shortcut,
            shutdown_timeout=drain_s,
        )
        server = await runner.set_up()
        try:
            for place in places:
                await self._listen(runner, server, place, shared=shared)
            async with AsyncExitStack() as stack:
                stalled = StalledReaders(lambda: server.connections, timeout_s=self._write_timeout_s)
                in_background(stack, stalled.cut_off())
                yield
        finally:
            await runner.cleanup()

    async def _listen(self, runner: Runner, server: Server, place: Address, *, shared: bool) -> None:
        try:
            await self._site(runner, server, place, shared=shared).start()
        except OSError as error:
            raise _unusable(place, error) from error
        log.info("listening", address=f"{'http' if place.tls is None else 'https'}://{place.host}:{place.port}")

    def _site(self, runner: Runner, server: Server, place: Address, *, shared: bool) -> web.BaseSite:
        if place.tls is None:
            return web.TCPSite(runner, place.host, place.port, backlog=BACKLOG, reuse_port=shared)
        handshake_s = self._deadlines.head_s
        return TlsSite(
            runner,
            server,
            place.host,
            place.port,
            tls=place.tls,
            handshake_s=handshake_s,
            backlog=BACKLOG,
            reuse_port=shared,
        )


def _unusable(place: Address, error: OSError) -> AddressUnusableError:
    why = os.strerror(error.errno) if error.errno else str(error)
    return AddressUnusableError(
        f"cannot listen on {place.host}:{place.port}: {why}; set {place.setting} to a free port, or stop what uses it"
    )


async def _drain(gateway: Gateway, delay_s: float) -> None:
    """Unready first, so that nobody sends more; then the log streams, which would never end by themselves.

    A proxy notices at its next look, so what it still sends within *delay_s* is answered.
    """
    log.info("draining")
    gateway.health.drain()
    await asyncio.sleep(delay_s)
    gateway.log_hub.close_watchers()
