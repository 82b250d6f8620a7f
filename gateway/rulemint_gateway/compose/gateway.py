"""Opens a gateway: resources first, its application last."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from rulemint_gateway.compose.configuration import Configuration, open_configuration
from rulemint_gateway.compose.console import open_console
from rulemint_gateway.compose.handlers import all_handlers
from rulemint_gateway.compose.token_requests import a_throttling, open_token_endpoint
from rulemint_gateway.compose.traffic import open_traffic
from rulemint_gateway.log_hub.hub import LogHub
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.writing.idempotency import IdempotencyStore
from rulemint_gateway.web.callers.bearer import CLOCK_LEEWAY_S
from rulemint_gateway.web.callers.console_session import SESSIONS, session_middleware
from rulemint_gateway.web.callers.issuers import ISSUERS
from rulemint_gateway.web.callers.places import Answers
from rulemint_gateway.web.callers.source_address import PROXIES
from rulemint_gateway.web.callers.throttling import THROTTLING, Throttling
from rulemint_gateway.web.connections.open_connections import CutShort
from rulemint_gateway.web.connections.shortcut import Shortcut
from rulemint_gateway.web.health import Health
from rulemint_gateway.web.http.idempotency import IDEMPOTENCY
from rulemint_gateway.web.http.loading import warn
from rulemint_gateway.web.http.problems import problems
from rulemint_gateway.web.http.whole_answer import SERVER
from rulemint_gateway.web.management.audit_middleware import audit_middleware
from rulemint_gateway.web.routes import routes
from rulemint_gateway.web.token_endpoint.endpoint import TokenEndpoint
from rulemint_gateway.web.token_endpoint.shortcut import TokenShortcut
from rulemint_shared.process.background import in_background


@dataclass(frozen=True)
class Gateway:
    """A gateway whose resources are open; `server` needs this to run and to drain it."""

    application: web.Application
    shortcut: Shortcut
    """Answers some of its requests."""
    metrics: web.Application
    """For an address of its own."""
    health: Health
    log_hub: LogHub
    cut_short: Callable[[CutShort], None]
    """Counts connections that ended before their request was answered as it wanted."""


@asynccontextmanager
async def open_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """Open a gateway that is ready to serve. All that it opened is closed in reverse order.

    Raises:
        RedisUnusableError, LayoutError, VaultError, AdminFileError, StoreUnavailableError: it cannot start; the text
            says why.
    """
    async with AsyncExitStack() as stack:
        known = await open_configuration(stack, settings)
        traffic = open_traffic(stack, settings, known)
        throttling = a_throttling(settings, known, traffic)
        token = open_token_endpoint(stack, settings, known, traffic, throttling)
        health = Health(traffic.presence, known.catalog, known.durability, settings.ready_file)
        console = await open_console(stack, settings, known, traffic)
        handlers = all_handlers(settings, known, traffic, token=token, health=health, console=console.paths)
        answers = Answers(known.catalog, at_once=settings.management_calls)
        in_background(stack, known.catalog.keep_in_order())

        application = _application(
            routes(handlers, answers), audit_middleware(traffic.refused), session_middleware(known.catalog)
        )
        application[SESSIONS] = console.sessions
        _hand_over(application, settings, known, token, throttling)
        yield Gateway(
            application=application,
            shortcut=TokenShortcut(token),
            metrics=_application(traffic.metrics.routes()),
            health=health,
            log_hub=traffic.log_hub,
            cut_short=traffic.metrics.cut_short,
        )


def _application(paths: list[web.RouteDef], *middlewares: Middleware) -> web.Application:
    application = web.Application(middlewares=[problems, *middlewares])
    application.on_response_prepare.extend((_say_nothing_of_the_server, warn))
    application.add_routes(paths)
    return application


def _hand_over(
    application: web.Application,
    settings: GatewaySettings,
    known: Configuration,
    token: TokenEndpoint,
    throttling: Throttling,
) -> None:
    """Put what handlers look for into the application."""
    application[THROTTLING] = throttling
    application[IDEMPOTENCY] = IdempotencyStore(known.redis, known.vault)
    application[CLOCK_LEEWAY_S] = settings.clock_leeway
    application[PROXIES] = token.proxies
    if token.issuers is not None:
        application[ISSUERS] = token.issuers


async def _say_nothing_of_the_server(_request: web.Request, response: web.StreamResponse) -> None:
    """Replace aiohttp's own header, which would name aiohttp and the version of Python."""
    response.headers["Server"] = SERVER
