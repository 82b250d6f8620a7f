"""The composition root: opens each resource, hands typed parts to the next, and ends with the application.

Nothing here decides anything; nothing elsewhere constructs its own parts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from arq.connections import ArqRedis

from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.installs import Installs
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.log_hub.hub import LogHub
from rulemint_gateway.management.bootstrap import Bootstrap
from rulemint_gateway.management.client_grants import ClientGrants
from rulemint_gateway.management.clients import Clients
from rulemint_gateway.management.packages import Packages
from rulemint_gateway.management.resource_servers import ResourceServers
from rulemint_gateway.management.rules import Rules
from rulemint_gateway.management.secrets import RuleSecretsOf
from rulemint_gateway.management.tenant_settings import TenantSettings
from rulemint_gateway.management.tenants import Tenants
from rulemint_gateway.management.trying.tries import Tries
from rulemint_gateway.oauth.client_authentication import ClientAuthenticator
from rulemint_gateway.oauth.client_credentials import ClientCredentials
from rulemint_gateway.settings import GatewaySettings
from rulemint_gateway.stores.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.config_store import ConfigStore
from rulemint_gateway.stores.exchange_store import ExchangeStore
from rulemint_gateway.tokens.minter import Minter
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_gateway.web.health import Health
from rulemint_gateway.web.log_stream import LogStream
from rulemint_gateway.web.management import CollectionHandlers, ExchangeHandlers, NounHandlers, SecretHandlers
from rulemint_gateway.web.metadata import Metadata
from rulemint_gateway.web.problems import problems
from rulemint_gateway.web.routes import Handlers, routes
from rulemint_gateway.web.status import StatusHandlers
from rulemint_gateway.web.tenant_settings import TenantSettingsHandlers
from rulemint_gateway.web.token_endpoint import TokenEndpoint
from rulemint_gateway.web.tries import TryHandlers
from rulemint_shared import ids
from rulemint_shared.background import in_background
from rulemint_shared.records import SigningAlgorithm
from rulemint_shared.redis_connection import check_server, open_redis, open_subscriber
from rulemint_shared.vault import Vault

log = structlog.get_logger(__name__)

SIGNING_THREADS = 2


@dataclass(frozen=True)
class Gateway:
    """A gateway whose resources are open; what `server` needs to run and to drain it."""

    application: web.Application
    health: Health
    log_hub: LogHub


@asynccontextmanager
async def open_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """A gateway ready to serve; everything it opened is closed in reverse order.

    Raises:
        RedisUnusableError, VaultError, AdminFileError, StoreUnavailableError: it cannot start; the text says why.
    """
    async with AsyncExitStack() as stack:
        vault = Vault.from_file(settings.master_key_file)
        server = (settings.redis_url, settings.redis_password_file)
        redis = await stack.enter_async_context(open_redis(*server))
        subscriber = await stack.enter_async_context(open_subscriber(*server))
        log.info("connected", server=await check_server(redis))

        catalog = Catalog(redis)
        await catalog.load()
        in_background(stack, catalog.keep_fresh(subscriber))
        store = ConfigStore(redis, catalog)
        signing_keys = SigningKeys(catalog, store, vault)
        bootstrap = Bootstrap(catalog, store, vault, issuer=settings.issuer_url(), tls_domain=settings.tls_domain())
        await bootstrap.run(settings.admin_file)
        await signing_keys.ensure(DEFAULT_TENANT, SigningAlgorithm.RS256)

        presence = RunnerPresence(redis)
        in_background(stack, presence.refresh())
        dispatcher = _dispatcher(settings, redis, presence)
        in_background(stack, dispatcher.listen(subscriber))
        stack.push_async_callback(dispatcher.close)
        exchanges = ExchangeStore(redis, kept_per_tenant=settings.exchanges_kept)
        in_background(stack, exchanges.write_behind())
        log_hub = LogHub(subscriber)
        stack.push_async_callback(log_hub.close)

        executor = stack.enter_context(ThreadPoolExecutor(SIGNING_THREADS, thread_name_prefix="sign"))
        grant = ClientCredentials(
            authenticator=ClientAuthenticator(vault),
            dispatcher=dispatcher,
            minter=Minter(signing_keys, executor),
            deadline_s=settings.request_deadline,
        )
        health = Health(presence)
        packages = Packages(Installs(redis, presence))
        tries = Tries(redis, catalog, vault, packages, dispatcher, deadline_s=settings.request_deadline)
        handlers = Handlers(
            token=TokenEndpoint(catalog=catalog, grant=grant, exchanges=exchanges),
            metadata=Metadata(catalog, signing_keys),
            health=health,
            logs=LogStream(catalog, log_hub),
            exchanges=ExchangeHandlers(catalog, exchanges),
            tenants=CollectionHandlers(catalog, Tenants(catalog, store, vault, signing_keys), name="tenants"),
            tries=TryHandlers(catalog, tries),
            status=StatusHandlers(catalog, redis),
            **_management_handlers(redis, catalog, store, vault, packages),
        )
        yield Gateway(_application(handlers), health, log_hub)


def _dispatcher(settings: GatewaySettings, redis: ArqRedis, presence: RunnerPresence) -> Dispatcher:
    return Dispatcher(
        redis,
        gateway=ids.new_process_id("gateway"),
        presence=presence,
        max_waiting=settings.max_waiting,
        job_expires_ms=int(settings.request_deadline * 1000) + 60_000,
    )


def _application(handlers: Handlers) -> web.Application:
    application = web.Application(middlewares=[problems])
    application.on_response_prepare.append(_say_nothing_of_the_server)
    application.add_routes(routes(handlers))
    return application


def _management_handlers(
    redis: ArqRedis, catalog: Catalog, store: ConfigStore, vault: Vault, packages: Packages
) -> dict[str, Any]:
    return {
        "clients": NounHandlers(catalog, Clients(catalog, store, vault), name="clients"),
        "resource_servers": NounHandlers(catalog, ResourceServers(catalog, store, vault), name="resource_servers"),
        "client_grants": NounHandlers(catalog, ClientGrants(catalog, store), name="client_grants"),
        "rules": NounHandlers(catalog, Rules(redis, catalog, store, packages), name="rules"),
        "tenant_settings": TenantSettingsHandlers(catalog, TenantSettings(catalog, store)),
        "secrets": SecretHandlers(catalog, RuleSecretsOf(redis, catalog, store, vault)),
    }


async def _say_nothing_of_the_server(_request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp would name itself and the Python version in every answer."""
    response.headers["Server"] = "rulemint"
