"""Every path of the service on one screen."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from rulemint_gateway.web.actions import ActionHandlers
from rulemint_gateway.web.clients import ClientHandlers
from rulemint_gateway.web.health import Health
from rulemint_gateway.web.hooks import HookHandlers
from rulemint_gateway.web.log_stream.handlers import LogStream
from rulemint_gateway.web.logs import StatsHandlers, TenantLogHandlers
from rulemint_gateway.web.management import ExchangeHandlers, NounHandlers, RecordHandlers, SecretHandlers
from rulemint_gateway.web.metadata import Metadata
from rulemint_gateway.web.rule_versions import RuleVersionHandlers
from rulemint_gateway.web.signing_keys import SigningKeyHandlers
from rulemint_gateway.web.status import StatusHandlers
from rulemint_gateway.web.tenant_settings import TenantSettingsHandlers
from rulemint_gateway.web.token_endpoint import TokenEndpoint
from rulemint_gateway.web.tries import TryHandlers
from rulemint_gateway.web.webtasks.handlers import WebtaskHandlers
from rulemint_gateway.web.webtasks.logs import WebtaskLogs


@dataclass(frozen=True)
class Handlers:
    """The finished handler objects."""

    token: TokenEndpoint
    metadata: Metadata
    health: Health
    logs: LogStream
    clients: ClientHandlers
    resource_servers: NounHandlers
    client_grants: NounHandlers
    rules: NounHandlers
    secrets: SecretHandlers
    rule_versions: RuleVersionHandlers
    hooks: HookHandlers
    actions: ActionHandlers
    tries: TryHandlers
    exchanges: ExchangeHandlers
    tenant_settings: TenantSettingsHandlers
    tenants: RecordHandlers
    signing_keys: SigningKeyHandlers
    tenant_log: TenantLogHandlers
    stats: StatsHandlers
    status: StatusHandlers
    webtasks: WebtaskHandlers
    webtask_logs: WebtaskLogs


def routes(handlers: Handlers) -> list[web.RouteDef]:
    """Path → handler."""
    return [
        web.post("/oauth/token", handlers.token.handle),
        web.get("/.well-known/jwks.json", handlers.metadata.jwks),
        web.get("/.well-known/openid-configuration", handlers.metadata.discovery),
        web.get("/.well-known/oauth-authorization-server", handlers.metadata.discovery),
        web.get("/logs", handlers.logs.handle),
        web.post("/logs/tickets", handlers.logs.issue_ticket),
        web.get("/healthz", handlers.health.alive),
        web.get("/readyz", handlers.health.ready),
        *handlers.clients.routes(),  # /api/v2/clients
        *handlers.resource_servers.routes(),  # /api/v2/resource-servers
        *handlers.client_grants.routes(),  # /api/v2/client-grants
        *handlers.rules.routes(),  # /api/v2/rules
        *handlers.secrets.routes(),  # /api/v2/rules/{id}/secrets
        *handlers.rule_versions.routes(),  # /api/v2/rules/{id}/versions, /api/v2/rules/{id}/diff
        *handlers.hooks.routes(),  # /api/v2/hooks
        *handlers.actions.routes(),  # /api/v2/actions
        *handlers.tries.routes(),  # /api/v2/rules/try
        *handlers.exchanges.routes(),  # /api/v2/exchanges/{id}
        *handlers.tenant_settings.routes(),  # /api/v2/tenants/settings
        *handlers.tenants.routes(),  # /api/v2/tenants
        *handlers.signing_keys.routes(),  # /api/v2/keys/signing
        *handlers.tenant_log.routes(),  # /api/v2/logs
        *handlers.stats.routes(),  # /api/v2/stats
        *handlers.status.routes(),  # /api/v2/status
        *handlers.webtasks.routes(),  # /api/tokens, /api/webtask
        *handlers.webtask_logs.routes(),  # /api/logs/tenant/{container}
    ]
