"""Every path of the service on one screen, and the document that describes them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from rulemint_gateway.management.client_grants.bodies import ClientGrantAnswer
from rulemint_gateway.management.resource_servers.bodies import ResourceServerAnswer
from rulemint_gateway.management.rules.answers import RuleAnswer
from rulemint_gateway.management.tenants.bodies import TenantAnswer
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web import authorization_endpoint
from rulemint_gateway.web.auth0.actions.actions import ActionHandlers
from rulemint_gateway.web.auth0.actions.bindings import TriggerHandlers
from rulemint_gateway.web.auth0.actions.executions import ExecutionHandlers
from rulemint_gateway.web.auth0.actions.versions import ActionVersionHandlers
from rulemint_gateway.web.auth0.hooks import HookHandlers
from rulemint_gateway.web.auth0.webtasks.logs import WebtaskLogs
from rulemint_gateway.web.auth0.webtasks.modules import WebtaskModuleHandlers
from rulemint_gateway.web.auth0.webtasks.webtasks import WebtaskHandlers
from rulemint_gateway.web.callers.places import Answers
from rulemint_gateway.web.console_site import ConsoleSite
from rulemint_gateway.web.docs_site import DocsSite
from rulemint_gateway.web.front_page import FrontPage
from rulemint_gateway.web.health import Health
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.log_stream.handlers import LogStream
from rulemint_gateway.web.management.backtests.backtests import BacktestHandlers
from rulemint_gateway.web.management.clients.clients import ClientHandlers
from rulemint_gateway.web.management.clients.secrets import ClientSecretHandlers
from rulemint_gateway.web.management.console_sessions.links import ConsoleLinkHandlers
from rulemint_gateway.web.management.console_sessions.providers import ProviderHandlers
from rulemint_gateway.web.management.console_sessions.sessions import SessionHandlers
from rulemint_gateway.web.management.deletions import DeletionHandlers
from rulemint_gateway.web.management.exchanges.exchanges import ExchangeHandlers
from rulemint_gateway.web.management.explanations.explanations import ExplanationHandlers
from rulemint_gateway.web.management.flips.flips import FlipHandlers
from rulemint_gateway.web.management.logs.logs import TenantLogHandlers
from rulemint_gateway.web.management.nouns import NounHandlers, RecordHandlers
from rulemint_gateway.web.management.quotas.quotas import QuotaHandlers
from rulemint_gateway.web.management.rollouts.rollouts import RolloutHandlers
from rulemint_gateway.web.management.rules.flow import FlowHandlers
from rulemint_gateway.web.management.rules.resuming import ResumeHandlers
from rulemint_gateway.web.management.rules.secrets import SecretHandlers
from rulemint_gateway.web.management.rules.versions import RuleVersionHandlers
from rulemint_gateway.web.management.signing_keys.signing_keys import SigningKeyHandlers
from rulemint_gateway.web.management.stats import StatsHandlers
from rulemint_gateway.web.management.status import StatusHandlers
from rulemint_gateway.web.management.tapes.cases import TapeCaseHandlers
from rulemint_gateway.web.management.tapes.replays import ReplayHandlers
from rulemint_gateway.web.management.tapes.tapes import TapeHandlers
from rulemint_gateway.web.management.tenants.deletion import TenantDeletionHandlers
from rulemint_gateway.web.management.tenants.settings import TenantSettingsHandlers
from rulemint_gateway.web.management.trials.trials import TrialHandlers
from rulemint_gateway.web.metadata import Metadata
from rulemint_gateway.web.openapi.handlers import Documentation
from rulemint_gateway.web.sign_in.oidc.handlers import OidcHandlers
from rulemint_gateway.web.sign_in.session import SessionHandler
from rulemint_gateway.web.sign_in.ways import WaysHandler
from rulemint_gateway.web.token_endpoint.endpoint import TokenEndpoint

_PARAMETER = re.compile(r"{(\w+)}")
"""aiohttp would take no brace in its value, and the id of a client may have one."""


@dataclass(frozen=True)
class ConfigurationPaths:
    """The handlers of who may ask for what."""

    clients: ClientHandlers
    client_secrets: ClientSecretHandlers
    resource_servers: NounHandlers[ResourceServerAnswer]
    client_grants: NounHandlers[ClientGrantAnswer]
    deletions: DeletionHandlers


@dataclass(frozen=True)
class RulePaths:
    """The handlers of rules, and of the same rules as hooks and webtasks."""

    rules: NounHandlers[RuleAnswer]
    flow: FlowHandlers
    secrets: SecretHandlers
    trials: TrialHandlers
    versions: RuleVersionHandlers
    resuming: ResumeHandlers
    rollouts: RolloutHandlers
    hooks: HookHandlers
    webtasks: WebtaskHandlers
    webtask_modules: WebtaskModuleHandlers


@dataclass(frozen=True)
class ActionPaths:
    """The handlers of the same rules as actions."""

    actions: ActionHandlers
    versions: ActionVersionHandlers
    triggers: TriggerHandlers
    executions: ExecutionHandlers


@dataclass(frozen=True)
class TenantPaths:
    """The handlers of tenants as a whole."""

    settings: TenantSettingsHandlers
    tenants: RecordHandlers[TenantAnswer]
    deletion: TenantDeletionHandlers
    signing_keys: SigningKeyHandlers
    log: TenantLogHandlers
    stats: StatsHandlers
    quotas: QuotaHandlers


@dataclass(frozen=True)
class TapePaths:
    """The handlers of what rules were given and told."""

    tapes: TapeHandlers
    replays: ReplayHandlers
    cases: TapeCaseHandlers
    explanations: ExplanationHandlers
    flips: FlipHandlers
    backtests: BacktestHandlers


@dataclass(frozen=True)
class ConsolePaths:
    """The handlers of who is signed in to the console."""

    session: SessionHandler
    sessions: SessionHandlers
    links: ConsoleLinkHandlers
    providers: ProviderHandlers
    ways: WaysHandler
    oidc: OidcHandlers


@dataclass(frozen=True)
class Handlers:
    """The finished handler objects."""

    catalog: Catalog
    token: TokenEndpoint
    metadata: Metadata
    health: Health
    logs: LogStream
    configuration: ConfigurationPaths
    rules: RulePaths
    actions: ActionPaths
    exchanges: ExchangeHandlers
    tapes: TapePaths
    tenants: TenantPaths
    console: ConsolePaths
    status: StatusHandlers
    webtask_logs: WebtaskLogs


def operations(handlers: Handlers) -> list[Operation]:
    """Everything that the service can be asked."""
    described = [
        *handlers.token.operations(),  # /oauth/token
        *handlers.metadata.operations(),  # /.well-known
        *handlers.logs.operations(),  # /logs
        *handlers.health.operations(),  # /healthz, /readyz
        *handlers.configuration.clients.operations(),  # /api/v2/clients
        *handlers.configuration.client_secrets.operations(),  # /api/v2/clients/{id}/secrets, .../rotate-secret
        *handlers.configuration.resource_servers.operations(),  # /api/v2/resource-servers
        *handlers.configuration.client_grants.operations(),  # /api/v2/client-grants
        *handlers.rules.trials.operations(),  # /api/v2/rules/try and /check
        *handlers.rules.rules.operations(),  # /api/v2/rules
        *handlers.rules.flow.operations(),  # /api/v2/flow
        *handlers.rules.secrets.operations(),  # /api/v2/rules/{id}/secrets
        *handlers.rules.versions.operations(),  # /api/v2/rules/{id}/versions, /api/v2/rules/{id}/diff
        *handlers.rules.resuming.operations(),  # /api/v2/rules/{id}/resume
        *handlers.rules.rollouts.operations(),  # /api/v2/rules/{id}/rollout
        *handlers.rules.hooks.operations(),  # /api/v2/hooks
        *handlers.actions.actions.operations(),  # /api/v2/actions/actions
        *handlers.actions.versions.operations(),  # /api/v2/actions/actions/{id}/versions
        *handlers.actions.triggers.operations(),  # /api/v2/actions/triggers
        *handlers.actions.executions.operations(),  # /api/v2/actions/executions/{id}
        *handlers.configuration.deletions.operations(),  # /api/v2/config/deletions
        *handlers.exchanges.operations(),  # /api/v2/exchanges
        *handlers.tapes.tapes.operations(),  # /api/v2/exchanges/{id}/tape, /api/v2/tapes
        *handlers.tapes.replays.operations(),  # /api/v2/exchanges/{id}/replay
        *handlers.tapes.cases.operations(),  # /api/v2/exchanges/{id}/case
        *handlers.tapes.explanations.operations(),  # /api/v2/exchanges/{id}/explanation
        *handlers.tapes.flips.operations(),  # /api/v2/exchanges/{id}/flip
        *handlers.tapes.backtests.operations(),  # /api/v2/rules/backtest
        *handlers.tenants.settings.operations(),  # /api/v2/tenants/settings
        *handlers.tenants.tenants.operations(),  # /api/v2/tenants
        *handlers.tenants.deletion.operations(),  # /api/v2/tenants/{id}, /api/v2/tenants/{id}/restore
        *handlers.tenants.signing_keys.operations(),  # /api/v2/keys/signing
        *handlers.tenants.log.operations(),  # /api/v2/logs
        *handlers.tenants.stats.operations(),  # /api/v2/stats
        *handlers.tenants.quotas.operations(),  # /api/v2/quotas
        *handlers.status.operations(),  # /api/v2/status
        *handlers.console.links.operations(),  # /api/v2/console-links
        *handlers.console.providers.operations(),  # /api/v2/console-providers
        *handlers.console.ways.operations(),  # /console/api/sign-in
        *handlers.console.session.operations(),  # /console/api/session
        *handlers.console.sessions.operations(),  # /console/api/sessions
    ]
    return [*described, *Documentation(handlers.catalog, described).operations()]


def routes(handlers: Handlers, answers: Answers) -> list[web.RouteDef]:
    """Path → handler. The webtask API is Auth0's, for the tools of npm ``wt-cli``, and no part of our description."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations(handlers):
        by_path.setdefault(operation.path, []).append(operation)
    return [
        *(route for described in by_path.values() for route in _routes_of(described, answers)),
        *FrontPage(handlers.catalog).routes(),  # /, /start
        *ConsoleSite().routes(),  # /console/
        *handlers.console.oidc.routes(),  # /console/oidc/start, /console/oidc/callback
        *DocsSite().routes(),  # /docs/
        *authorization_endpoint.routes(),  # /authorize
        *(
            web.route(route.method, route.path, answers.in_turn(route.handler))
            for route in (
                *handlers.rules.webtasks.routes(),  # /api/tokens, /api/webtask
                *handlers.rules.webtask_modules.routes(),  # /api/env/node/modules, /api/run/{container}
            )
        ),
        *handlers.webtask_logs.routes(),  # /api/logs/tenant/{container}
    ]


def _routes_of(described: Sequence[Operation], answers: Answers) -> list[web.RouteDef]:
    """Those of one path. It answers for every method itself: ``rules/try`` is not the rule ``try`` too."""
    allowed = {operation.method for operation in described}

    async def refuse(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(request.method, allowed | ({"HEAD"} if "GET" in allowed else set()))

    path = _PARAMETER.sub(r"{\1:[^/]+}", described[0].path)
    routed = [web.route(operation.method, path, answers.of(operation)) for operation in described]
    return [*routed, web.route("*", path, refuse)]
