"""Every path of the service on one screen."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from rulemint_gateway.web.health import Health
from rulemint_gateway.web.log_stream import LogStream
from rulemint_gateway.web.management import CollectionHandlers, ExchangeHandlers, NounHandlers, SecretHandlers
from rulemint_gateway.web.metadata import Metadata
from rulemint_gateway.web.status import StatusHandlers
from rulemint_gateway.web.tenant_settings import TenantSettingsHandlers
from rulemint_gateway.web.token_endpoint import TokenEndpoint
from rulemint_gateway.web.tries import TryHandlers


@dataclass(frozen=True)
class Handlers:
    """The finished handler objects."""

    token: TokenEndpoint
    metadata: Metadata
    health: Health
    logs: LogStream
    clients: NounHandlers
    resource_servers: NounHandlers
    client_grants: NounHandlers
    rules: NounHandlers
    secrets: SecretHandlers
    tries: TryHandlers
    exchanges: ExchangeHandlers
    tenant_settings: TenantSettingsHandlers
    tenants: CollectionHandlers
    status: StatusHandlers


def routes(handlers: Handlers) -> list[web.RouteDef]:
    """Path → handler."""
    return [
        web.post("/oauth/token", handlers.token.handle),
        web.get("/.well-known/jwks.json", handlers.metadata.jwks),
        web.get("/.well-known/openid-configuration", handlers.metadata.discovery),
        web.get("/.well-known/oauth-authorization-server", handlers.metadata.discovery),
        web.get("/logs", handlers.logs.handle),
        web.get("/healthz", handlers.health.alive),
        web.get("/readyz", handlers.health.ready),
        *handlers.clients.routes(),  # /api/v2/clients
        *handlers.resource_servers.routes(),  # /api/v2/resource-servers
        *handlers.client_grants.routes(),  # /api/v2/client-grants
        *handlers.rules.routes(),  # /api/v2/rules
        *handlers.secrets.routes(),  # /api/v2/rules/{id}/secrets
        *handlers.tries.routes(),  # /api/v2/rules/try
        *handlers.exchanges.routes(),  # /api/v2/exchanges/{id}
        *handlers.tenant_settings.routes(),  # /api/v2/tenants/settings
        *handlers.tenants.routes(),  # /api/v2/tenants
        *handlers.status.routes(),  # /api/v2/status
    ]
