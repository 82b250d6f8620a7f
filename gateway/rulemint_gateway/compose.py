"""The composition root: opens each resource, hands typed parts to the next, and ends with the application.

Nothing here decides anything; nothing elsewhere constructs its own parts.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from arq.connections import ArqRedis
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.auth0.actions.bindings import Bindings
from rulemint_gateway.auth0.actions.executions import Executions
from rulemint_gateway.auth0.actions.records import ActionRecords
from rulemint_gateway.auth0.actions.testing import ActionTests
from rulemint_gateway.auth0.actions.versions import ActionVersions
from rulemint_gateway.auth0.error_style import in_auth0_style
from rulemint_gateway.auth0.forms import RuleForms
from rulemint_gateway.auth0.hooks import Hooks
from rulemint_gateway.auth0.webtasks.webtasks import Webtasks
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.installs import Installs
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.limits.failed_authentication import FailedAuthentication
from rulemint_gateway.limits.gcra import Buckets, Rate
from rulemint_gateway.limits.late_audit import LateAudit
from rulemint_gateway.limits.pace import Pace
from rulemint_gateway.limits.quota_counts import QuotaCounts
from rulemint_gateway.limits.quota_reports import QuotaReports
from rulemint_gateway.limits.shared_buckets import SharedBuckets
from rulemint_gateway.limits.throttle_reports import ThrottleReports
from rulemint_gateway.log_hub.hub import LogHub
from rulemint_gateway.log_hub.tickets import Tickets
from rulemint_gateway.management.admin_file import AdminFileKeeper
from rulemint_gateway.management.bootstrap.bootstrap import Bootstrap
from rulemint_gateway.management.bootstrap.demo_client import warn_of_demo_client
from rulemint_gateway.management.client_grants.client_grants import ClientGrants
from rulemint_gateway.management.clients.clients import Clients
from rulemint_gateway.management.clients.secrets import ClientSecrets
from rulemint_gateway.management.deletions import Deletions
from rulemint_gateway.management.logs.logs import Logs
from rulemint_gateway.management.resource_servers.resource_servers import ResourceServers
from rulemint_gateway.management.rules.packages import Packages
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.rules.resuming import Resuming
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.secrets import RuleSecretsOf
from rulemint_gateway.management.rules.texts import RuleTexts
from rulemint_gateway.management.rules.versions import RuleVersionsOf
from rulemint_gateway.management.signing_keys.signing_keys import SigningKeyring
from rulemint_gateway.management.stats import Stats
from rulemint_gateway.management.tenants.settings import TenantSettings
from rulemint_gateway.management.tenants.tenants import Tenants
from rulemint_gateway.management.trials.trials import Trials
from rulemint_gateway.oauth.client_authentication import ClientAuthenticator
from rulemint_gateway.oauth.grants.client_credentials import ClientCredentials
from rulemint_gateway.oauth.guarded_authentication import GuardedAuthentication
from rulemint_gateway.oauth.token_quotas import TokenQuotas
from rulemint_gateway.settings import GatewaySettings
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.layout.layout import ensure_layout
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.traffic.log_store import LogStore
from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.traffic.secret_usage import SecretUsage
from rulemint_gateway.stores.traffic.token_counts import TokenCounts
from rulemint_gateway.stores.writing.config_store import ConfigStore, StoreUnavailableError
from rulemint_gateway.stores.writing.deleted_rules import DeletedRules
from rulemint_gateway.stores.writing.durability import Durability
from rulemint_gateway.stores.writing.idempotency import IdempotencyStore
from rulemint_gateway.stores.writing.key_check import check_master_key
from rulemint_gateway.stores.writing.record_quotas import Quotas
from rulemint_gateway.tokens.minter import SIGNING_THREADS, Minter
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_gateway.web.auth0.actions.actions import ActionHandlers
from rulemint_gateway.web.auth0.actions.bindings import TriggerHandlers
from rulemint_gateway.web.auth0.actions.executions import ExecutionHandlers
from rulemint_gateway.web.auth0.actions.versions import ActionVersionHandlers
from rulemint_gateway.web.auth0.hooks import HookHandlers
from rulemint_gateway.web.auth0.webtasks.logs import WebtaskLogs
from rulemint_gateway.web.auth0.webtasks.webtasks import WebtaskHandlers
from rulemint_gateway.web.callers.bearer import CLOCK_LEEWAY_S
from rulemint_gateway.web.callers.issuers import ISSUERS, Issuers
from rulemint_gateway.web.callers.places import Answers
from rulemint_gateway.web.callers.source_address import PROXIES, ProxyHeader, TrustedProxies
from rulemint_gateway.web.callers.throttling import THROTTLING, Throttling
from rulemint_gateway.web.connections.open_connections import CutShort
from rulemint_gateway.web.connections.shortcut import Shortcut
from rulemint_gateway.web.health import Health
from rulemint_gateway.web.http.idempotency import IDEMPOTENCY
from rulemint_gateway.web.http.problems import problems
from rulemint_gateway.web.http.whole_answer import SERVER
from rulemint_gateway.web.log_stream.handlers import LogStream
from rulemint_gateway.web.management.audit_middleware import audit_middleware
from rulemint_gateway.web.management.clients.clients import ClientHandlers
from rulemint_gateway.web.management.deletions import DeletionHandlers
from rulemint_gateway.web.management.exchanges import ExchangeHandlers
from rulemint_gateway.web.management.logs.logs import StatsHandlers, TenantLogHandlers
from rulemint_gateway.web.management.long_lists import LongNounHandlers
from rulemint_gateway.web.management.nouns import NounHandlers, RecordHandlers
from rulemint_gateway.web.management.rules.resuming import ResumeHandlers
from rulemint_gateway.web.management.rules.secrets import SecretHandlers
from rulemint_gateway.web.management.rules.versions import RuleVersionHandlers
from rulemint_gateway.web.management.signing_keys.signing_keys import SigningKeyHandlers
from rulemint_gateway.web.management.status import StatusHandlers
from rulemint_gateway.web.management.tenants.settings import TenantSettingsHandlers
from rulemint_gateway.web.management.trials.trials import TrialHandlers
from rulemint_gateway.web.metadata import Metadata
from rulemint_gateway.web.metrics.losses import LossMetrics
from rulemint_gateway.web.metrics.metrics import Metrics
from rulemint_gateway.web.routes import (
    ActionPaths,
    ConfigurationPaths,
    Handlers,
    RulePaths,
    TenantPaths,
    routes,
)
from rulemint_gateway.web.token_endpoint.endpoint import TokenEndpoint
from rulemint_gateway.web.token_endpoint.shortcut import TokenShortcut
from rulemint_shared import ids
from rulemint_shared.background import in_background
from rulemint_shared.log_stream import LogStreamWriter
from rulemint_shared.records import ErrorStyle, SigningAlgorithm
from rulemint_shared.redis_connection import check_server, open_redis, open_subscriber
from rulemint_shared.server_clock import ServerClock
from rulemint_shared.shortages import watch_descriptors
from rulemint_shared.stream_entries import StreamBounds
from rulemint_shared.vault import Vault

log = structlog.get_logger(__name__)

EMPTY_SERVER = (
    "it had a configuration before, for the admin file is there: restore its data, or set RULEMINT_BOOTSTRAP=1 for one "
    "start to begin anew"
)


@dataclass(frozen=True)
class Gateway:
    """A gateway whose resources are open; what `server` needs to run and to drain it."""

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
    """A gateway ready to serve; everything it opened is closed in reverse order.

    Raises:
        RedisUnusableError, LayoutError, VaultError, AdminFileError, StoreUnavailableError: it cannot start; the text
            says why.
    """
    async with AsyncExitStack() as stack:
        vault = Vault.from_file(settings.master_key_file)
        server = (settings.redis_url, settings.redis_password_file, settings.sentinel_password_file)
        redis = await stack.enter_async_context(open_redis(*server))
        subscriber = await stack.enter_async_context(open_subscriber(*server))
        log.info("connected", server=await check_server(redis))
        name = ids.new_process_id("gateway")
        clock = await _clock(stack, redis, name)
        in_background(stack, watch_descriptors())

        await _ensure_layout(redis)
        catalog = Catalog(redis, stale_after_s=settings.stale_config_s)
        await catalog.load()
        in_background(stack, catalog.keep_fresh(subscriber))
        durability = Durability(redis, replicas=settings.replicas_ack)
        store = _config_store(settings, redis, catalog, durability)
        in_background(stack, DeletedRules(redis).sweep())
        signing_keys = SigningKeys(catalog, store, vault)
        await _check_keys(redis, catalog, vault)
        await _bootstrap(settings, catalog, store, vault, signing_keys)

        presence = RunnerPresence(redis, queue_shards=settings.queue_shards)
        in_background(stack, presence.refresh())
        dispatcher = _dispatcher(settings, redis, presence, name)
        in_background(stack, dispatcher.listen(subscriber))
        stack.push_async_callback(dispatcher.close)
        exchanges = ExchangeStore(
            redis,
            kept_per_tenant=settings.exchanges_kept,
            max_bytes=settings.exchange_bytes,
            record_bytes=settings.exchange_record_bytes,
            refusal_bytes=settings.refusal_bytes,
            refusals_per_source=settings.refusals_per_source,
        )
        in_background(stack, exchanges.write_behind())
        log_hub = LogHub(
            subscriber,
            max_watchers=settings.max_watchers,
            watcher_bytes=settings.watcher_buffer_kb * 1024,
            tenant_bytes=settings.watchers_buffer_mb * 1024 * 1024,
        )
        stack.push_async_callback(log_hub.close)

        failed = _failed_authentication(settings, redis, stack)
        registry = _registry(LossMetrics(exchanges=exchanges, dispatcher=dispatcher, log_hub=log_hub))
        metrics = Metrics(registry, dispatcher=dispatcher, presence=presence, durability=durability, clock=clock)
        refused = _refused_calls(settings, redis, stack)
        audit = _late_audit(stack, refused)
        grant = ClientCredentials(
            authenticator=GuardedAuthentication(ClientAuthenticator(vault), failed),
            quotas=_token_quotas(stack, redis, audit, metrics),
            dispatcher=dispatcher,
            minter=Minter(signing_keys, _signing_threads(settings, stack)),
            deadline_s=settings.request_deadline,
        )
        health = Health(presence, catalog, durability)
        throttling = Throttling(
            catalog,
            failed,
            reports=ThrottleReports(audit),
            pace=Pace(settings.throttled_answers),
            count=metrics.throttled,
        )
        token = TokenEndpoint(
            catalog=catalog,
            grant=grant,
            exchanges=exchanges,
            metrics=metrics,
            throttling=throttling,
            proxies=TrustedProxies(settings.trusted_networks(), header=ProxyHeader(settings.proxy_header)),
            issuers=_issuers(settings),
            wordings={ErrorStyle.AUTH0: in_auth0_style},
        )
        parts = _rule_parts(settings, redis, catalog, store, vault, presence, dispatcher)
        handlers = Handlers(
            catalog=catalog,
            token=token,
            metadata=Metadata(catalog, signing_keys),
            health=health,
            logs=LogStream(catalog, log_hub, Tickets(redis), write_timeout_s=settings.write_timeout),
            exchanges=ExchangeHandlers(catalog, exchanges),
            status=StatusHandlers(catalog, redis, queue_shards=settings.queue_shards),
            webtask_logs=WebtaskLogs(catalog, log_hub, write_timeout_s=settings.write_timeout),
            configuration=_configuration_paths(
                redis, catalog, store, vault, parts, AdminFileKeeper(settings.admin_file, vault)
            ),
            rules=_rule_paths(catalog, store, parts, page_bytes=settings.page_kb * 1024),
            actions=_action_paths(catalog, store, parts, exchanges),
            tenants=_tenant_paths(redis, catalog, store, vault, signing_keys),
        )
        answers = Answers(catalog, at_once=settings.management_calls)
        in_background(stack, catalog.keep_in_order())
        application = _application(routes(handlers, answers), audit_middleware(refused))
        _hand_over(application, settings, token, throttling, IdempotencyStore(redis, vault))
        yield Gateway(
            application, TokenShortcut(token), _application(metrics.routes()), health, log_hub, metrics.cut_short
        )


def _registry(*collectors: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return registry


async def _clock(stack: AsyncExitStack, redis: ArqRedis, name: str) -> ServerClock:
    clock = ServerClock(redis, name)
    await clock.begin()
    in_background(stack, clock.keep())
    return clock


def _signing_threads(settings: GatewaySettings, stack: AsyncExitStack) -> ThreadPoolExecutor | None:
    """None where every processor has a gateway process: a thread would find no other, and handing over costs 0.2 ms."""
    if settings.gateway_processes >= len(os.sched_getaffinity(0)):
        return None
    return stack.enter_context(ThreadPoolExecutor(SIGNING_THREADS, thread_name_prefix="sign"))


def _config_store(settings: GatewaySettings, redis: ArqRedis, catalog: Catalog, durability: Durability) -> ConfigStore:
    return ConfigStore(
        redis,
        catalog,
        audited=StreamBounds(settings.audited_calls_kept, settings.audit_bytes),
        quotas=Quotas(**settings.quotas()),
        durability=durability,
    )


async def _bootstrap(
    settings: GatewaySettings, catalog: Catalog, store: ConfigStore, vault: Vault, signing_keys: SigningKeys
) -> None:
    """Make what must be there before anyone can ask for anything, but not in place of a configuration that was lost."""
    if not catalog.is_configured and not settings.may_bootstrap():
        log.error("the server is empty", advice=EMPTY_SERVER, admin_file=str(settings.admin_file))
        return
    bootstrap = Bootstrap(catalog, store, vault, issuer=settings.issuer_url(), tls_domain=settings.tls_domain())
    await bootstrap.run(settings.admin_file)
    await signing_keys.ensure(DEFAULT_TENANT, SigningAlgorithm.RS256)
    warn_of_demo_client(catalog, vault, host=settings.host)


async def _ensure_layout(redis: ArqRedis) -> None:
    """Have names that this version knows, before anything is read."""
    try:
        await ensure_layout(redis)
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error


async def _check_keys(redis: ArqRedis, catalog: Catalog, vault: Vault) -> None:
    """Refuse another master key than the server's secrets were encrypted with."""
    try:
        await check_master_key(redis, catalog, vault)
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error


def _dispatcher(settings: GatewaySettings, redis: ArqRedis, presence: RunnerPresence, name: str) -> Dispatcher:
    return Dispatcher(
        redis,
        gateway=name,
        presence=presence,
        log_writer=LogStreamWriter(
            kept=settings.log_history, age_s=settings.log_history_age, max_bytes=settings.log_history_bytes
        ),
        max_waiting=settings.max_waiting,
        job_expires_ms=int(settings.request_deadline * 1000) + 60_000,
    )


def _failed_authentication(settings: GatewaySettings, redis: ArqRedis, stack: AsyncExitStack) -> FailedAuthentication:
    buckets = Buckets()
    shared = SharedBuckets(redis, buckets)
    in_background(stack, shared.share())
    return FailedAuthentication(
        buckets,
        shared,
        per_client=Rate(settings.failures_per_client, settings.failures_per_client_refill),
        per_source=Rate(settings.failures_per_source, settings.failures_per_source_refill),
    )


def _refused_calls(settings: GatewaySettings, redis: ArqRedis, stack: AsyncExitStack) -> RefusedCalls:
    refused = RefusedCalls(
        redis,
        kept_per_tenant=settings.audited_calls_kept,
        max_bytes=settings.refusal_bytes,
        per_client=settings.refusals_per_source,
    )
    in_background(stack, refused.write_samples())
    return refused


def _late_audit(stack: AsyncExitStack, refused: RefusedCalls) -> LateAudit:
    audit = LateAudit(refused)
    in_background(stack, audit.write())
    return audit


def _issuers(settings: GatewaySettings) -> Issuers | None:
    ports = settings.twin_ports()
    return Issuers(http_port=ports[0], https_port=ports[1]) if ports else None


def _hand_over(
    application: web.Application,
    settings: GatewaySettings,
    token: TokenEndpoint,
    throttling: Throttling,
    idempotency: IdempotencyStore,
) -> None:
    """What handlers find at the application."""
    application[THROTTLING] = throttling
    application[IDEMPOTENCY] = idempotency
    application[CLOCK_LEEWAY_S] = settings.clock_leeway
    if token.issuers is not None:
        application[ISSUERS] = token.issuers
    application[PROXIES] = token.proxies


def _token_quotas(stack: AsyncExitStack, redis: ArqRedis, audit: LateAudit, metrics: Metrics) -> TokenQuotas:
    counts = QuotaCounts(redis)
    in_background(stack, counts.write())
    return TokenQuotas(counts, QuotaReports(audit, metrics.over_quota))


def _application(paths: list[web.RouteDef], *middlewares: Middleware) -> web.Application:
    application = web.Application(middlewares=[problems, *middlewares])
    application.on_response_prepare.append(_say_nothing_of_the_server)
    application.add_routes(paths)
    return application


@dataclass(frozen=True)
class _RuleParts:
    """What rules are made of, and the same rules as hooks, webtasks and actions."""

    records: RuleRecords
    forms: RuleForms
    texts: RuleTexts
    rules: Rules
    secrets: RuleSecretsOf
    versions: RuleVersionsOf
    trials: Trials


def _rule_parts(
    settings: GatewaySettings,
    redis: ArqRedis,
    catalog: Catalog,
    store: ConfigStore,
    vault: Vault,
    presence: RunnerPresence,
    dispatcher: Dispatcher,
) -> _RuleParts:
    packages = Packages(Installs(redis, presence))
    records = RuleRecords(redis, catalog)
    texts = RuleTexts(records, packages, versions_kept=settings.versions_kept)
    return _RuleParts(
        records=records,
        forms=RuleForms(records),
        texts=texts,
        rules=Rules(catalog, store, records, texts),
        secrets=RuleSecretsOf(redis, records, store, vault),
        versions=RuleVersionsOf(store, records),
        trials=Trials(redis, catalog, records, vault, packages, dispatcher, deadline_s=settings.request_deadline),
    )


def _configuration_paths(
    redis: ArqRedis,
    catalog: Catalog,
    store: ConfigStore,
    vault: Vault,
    parts: _RuleParts,
    admin_file: AdminFileKeeper,
) -> ConfigurationPaths:
    secrets = ClientSecrets(catalog, store, vault, SecretUsage(redis), admin_file)
    clients, grants = Clients(catalog, store, vault, admin_file), ClientGrants(catalog, store)
    apis = ResourceServers(catalog, store, vault)
    deletions = Deletions(
        store,
        clients=clients,
        resource_servers=apis,
        client_grants=grants,
        rules=parts.rules,
        secrets=parts.secrets,
        admin_file=admin_file,
    )
    return ConfigurationPaths(
        clients=ClientHandlers(catalog, clients, secrets),
        resource_servers=NounHandlers(catalog, apis, name="resource_servers", filters=apis.filters),
        client_grants=NounHandlers(catalog, grants, name="client_grants", filters=grants.filters),
        deletions=DeletionHandlers(catalog, deletions),
    )


def _rule_paths(catalog: Catalog, store: ConfigStore, parts: _RuleParts, *, page_bytes: int) -> RulePaths:
    rules, records, secrets = parts.rules, parts.records, parts.secrets
    return RulePaths(
        rules=LongNounHandlers(catalog, rules, name="rules", filters=rules.filters, page_bytes=page_bytes),
        secrets=SecretHandlers(catalog, secrets),
        trials=TrialHandlers(catalog, parts.trials),
        versions=RuleVersionHandlers(catalog, rules, parts.versions),
        resuming=ResumeHandlers(catalog, Resuming(catalog, store, records)),
        hooks=HookHandlers(catalog, Hooks(records, parts.forms, rules, secrets), page_bytes=page_bytes),
        webtasks=WebtaskHandlers(catalog, Webtasks(store, records, parts.forms, parts.texts, rules, secrets)),
    )


def _action_paths(catalog: Catalog, store: ConfigStore, parts: _RuleParts, exchanges: ExchangeStore) -> ActionPaths:
    records = ActionRecords(parts.records, parts.forms)
    actions = Actions(store, records, parts.texts, parts.rules, parts.secrets)
    versions = ActionVersions(records, parts.versions)
    return ActionPaths(
        actions=ActionHandlers(catalog, actions, versions, ActionTests(records, parts.trials)),
        versions=ActionVersionHandlers(catalog, actions, versions),
        triggers=TriggerHandlers(catalog, actions, Bindings(store, records)),
        executions=ExecutionHandlers(catalog, Executions(exchanges)),
    )


def _tenant_paths(
    redis: ArqRedis, catalog: Catalog, store: ConfigStore, vault: Vault, signing_keys: SigningKeys
) -> TenantPaths:
    return TenantPaths(
        tenants=RecordHandlers(catalog, Tenants(catalog, store, vault, signing_keys), name="tenants", id_field="name"),
        settings=TenantSettingsHandlers(catalog, TenantSettings(catalog, store)),
        signing_keys=SigningKeyHandlers(catalog, SigningKeyring(catalog, store, signing_keys)),
        log=TenantLogHandlers(catalog, Logs(catalog, LogStore(redis))),
        stats=StatsHandlers(catalog, Stats(TokenCounts(redis), SecretUsage(redis))),
    )


async def _say_nothing_of_the_server(_request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp would name itself and the Python version in every answer."""
    response.headers["Server"] = SERVER
