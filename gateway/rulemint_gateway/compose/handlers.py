"""Makes the handlers of all paths, and the use cases behind them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.auth0.actions.bindings import Bindings
from rulemint_gateway.auth0.actions.executions import Executions
from rulemint_gateway.auth0.actions.records import ActionRecords
from rulemint_gateway.auth0.actions.testing import ActionTests
from rulemint_gateway.auth0.actions.versions import ActionVersions
from rulemint_gateway.auth0.forms import RuleForms
from rulemint_gateway.auth0.hooks import Hooks
from rulemint_gateway.auth0.webtasks.modules import WebtaskModules
from rulemint_gateway.auth0.webtasks.webtasks import Webtasks
from rulemint_gateway.compose.configuration import Configuration, record_quotas
from rulemint_gateway.compose.traffic import Traffic
from rulemint_gateway.dispatch.installs import Installs
from rulemint_gateway.dispatch.loads import Loads
from rulemint_gateway.dispatch.system_status import count_gateways
from rulemint_gateway.log_hub.tickets import Tickets
from rulemint_gateway.management.admin_file import AdminFileKeeper
from rulemint_gateway.management.backtests.backtests import Backtests
from rulemint_gateway.management.client_grants.client_grants import ClientGrants
from rulemint_gateway.management.clients.clients import Clients
from rulemint_gateway.management.clients.secrets import ClientSecrets
from rulemint_gateway.management.deletions import Deletions
from rulemint_gateway.management.exchanges.exchanges import Exchanges
from rulemint_gateway.management.explanations.explanations import Explanations
from rulemint_gateway.management.flips.flips import Flips
from rulemint_gateway.management.logs.logs import Logs
from rulemint_gateway.management.quotas.quotas import KeptBounds, QuotaUse
from rulemint_gateway.management.resource_servers.resource_servers import ResourceServers
from rulemint_gateway.management.rollouts.rollouts import Rollouts
from rulemint_gateway.management.rules.checks import VersionChecks
from rulemint_gateway.management.rules.flow import Flow
from rulemint_gateway.management.rules.loading import RuleLoading
from rulemint_gateway.management.rules.packages import Packages
from rulemint_gateway.management.rules.power import TapedPower
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.rules.resuming import Resuming
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.secrets import RuleSecretsOf
from rulemint_gateway.management.rules.texts import RuleTexts
from rulemint_gateway.management.rules.versions import RuleVersionsOf
from rulemint_gateway.management.signing_keys.signing_keys import SigningKeyring
from rulemint_gateway.management.stats import Stats
from rulemint_gateway.management.tapes.cases import TapeCases
from rulemint_gateway.management.tapes.replays import Replays
from rulemint_gateway.management.tapes.tapes import Tapes
from rulemint_gateway.management.tenants.deletion import TenantDeletion
from rulemint_gateway.management.tenants.settings import TenantSettings
from rulemint_gateway.management.tenants.tenants import Tenants
from rulemint_gateway.management.trials.cases import TriedCases
from rulemint_gateway.management.trials.load_checks import LoadChecks
from rulemint_gateway.management.trials.trials import Trials
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.traffic.exchange_search import ExchangeSearch
from rulemint_gateway.stores.traffic.log_store import LogStore
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts
from rulemint_gateway.stores.traffic.rule_pauses import RulePauses
from rulemint_gateway.stores.traffic.secret_usage import SecretUsage
from rulemint_gateway.stores.traffic.tape_store import TapeStore
from rulemint_gateway.stores.traffic.token_counts import TokenCounts
from rulemint_gateway.stores.traffic.token_use import TokenUse
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_gateway.web.auth0.actions.actions import ActionHandlers
from rulemint_gateway.web.auth0.actions.bindings import TriggerHandlers
from rulemint_gateway.web.auth0.actions.executions import ExecutionHandlers
from rulemint_gateway.web.auth0.actions.versions import ActionVersionHandlers
from rulemint_gateway.web.auth0.hooks import HookHandlers
from rulemint_gateway.web.auth0.webtasks.logs import WebtaskLogs
from rulemint_gateway.web.auth0.webtasks.modules import WebtaskModuleHandlers
from rulemint_gateway.web.auth0.webtasks.webtasks import WebtaskHandlers
from rulemint_gateway.web.health import Health
from rulemint_gateway.web.log_stream.handlers import LogStream
from rulemint_gateway.web.management.backtests.backtests import BacktestHandlers
from rulemint_gateway.web.management.clients.clients import ClientHandlers
from rulemint_gateway.web.management.clients.secrets import ClientSecretHandlers
from rulemint_gateway.web.management.deletions import DeletionHandlers
from rulemint_gateway.web.management.exchanges.exchanges import ExchangeHandlers
from rulemint_gateway.web.management.explanations.explanations import ExplanationHandlers
from rulemint_gateway.web.management.flips.flips import FlipHandlers
from rulemint_gateway.web.management.logs.logs import TenantLogHandlers
from rulemint_gateway.web.management.long_lists import LongNounHandlers
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
from rulemint_gateway.web.routes import (
    ActionPaths,
    ConfigurationPaths,
    ConsolePaths,
    Handlers,
    RulePaths,
    TapePaths,
    TenantPaths,
)
from rulemint_gateway.web.token_endpoint.endpoint import TokenEndpoint
from rulemint_shared.streams.entries import StreamBounds


@dataclass(frozen=True)
class _RuleParts:
    """The use cases of rules, which hooks, webtasks and actions share."""

    packages: Packages
    records: RuleRecords
    forms: RuleForms
    texts: RuleTexts
    rules: Rules
    secrets: RuleSecretsOf
    versions: RuleVersionsOf
    rollouts: Rollouts
    trials: Trials
    load_checks: LoadChecks


def all_handlers(  # each is a part that was opened before
    settings: GatewaySettings,
    known: Configuration,
    traffic: Traffic,
    *,
    token: TokenEndpoint,
    health: Health,
    console: ConsolePaths,
) -> Handlers:
    """Make the handlers of every path."""
    catalog, log_hub = known.catalog, traffic.log_hub
    parts = _rule_parts(settings, known, traffic)
    exchanges = Exchanges(traffic.exchanges, LogStore(known.redis), ExchangeSearch(known.redis))
    return Handlers(
        catalog=catalog,
        token=token,
        metadata=Metadata(catalog, known.signing_keys),
        health=health,
        logs=LogStream(catalog, log_hub, Tickets(known.redis), write_timeout_s=settings.write_timeout),
        exchanges=ExchangeHandlers(exchanges),
        tapes=_tape_paths(settings, known, traffic, parts, exchanges),
        status=StatusHandlers(known.redis, queue_shards=settings.queue_shards),
        webtask_logs=WebtaskLogs(catalog, log_hub, write_timeout_s=settings.write_timeout),
        configuration=_configuration_paths(known, parts, AdminFileKeeper(settings.admin_file, known.vault)),
        rules=_rule_paths(known, parts, page_bytes=settings.page_kb * 1024),
        actions=_action_paths(known, parts, traffic),
        tenants=_tenant_paths(settings, known, traffic),
        console=console,
    )


def _rule_parts(settings: GatewaySettings, known: Configuration, traffic: Traffic) -> _RuleParts:
    redis, catalog, vault, store = known.redis, known.catalog, known.vault, known.store
    packages = Packages(Installs(redis, traffic.presence))
    records = RuleRecords(redis, catalog)
    deadline_s = settings.request_deadline
    trials = Trials(redis, catalog, records, vault, packages, traffic.dispatcher, deadline_s=deadline_s)
    loads = Loads(redis, traffic.presence)
    checks = VersionChecks(RuleLoading(loads), TriedCases(trials))
    texts = RuleTexts(records, packages, checks, versions_kept=settings.versions_kept)
    taped = TapedPower(TapeStore(redis, vault))
    return _RuleParts(
        packages=packages,
        records=records,
        forms=RuleForms(records),
        texts=texts,
        rules=Rules(catalog, store, records, texts, taped, RulePauses(redis)),
        secrets=RuleSecretsOf(redis, records, store, vault),
        versions=RuleVersionsOf(store, records, checks, taped),
        rollouts=Rollouts(store, records, checks, traffic.rollouts),
        trials=trials,
        load_checks=LoadChecks(trials, loads),
    )


def _configuration_paths(known: Configuration, parts: _RuleParts, admin_file: AdminFileKeeper) -> ConfigurationPaths:
    catalog, store, vault = known.catalog, known.store, known.vault
    secrets = ClientSecrets(catalog, store, vault, SecretUsage(known.redis), admin_file)
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
        clients=ClientHandlers(clients),
        client_secrets=ClientSecretHandlers(secrets),
        resource_servers=NounHandlers(apis, name="resource_servers", filters=apis.filters),
        client_grants=NounHandlers(grants, name="client_grants", filters=grants.filters),
        deletions=DeletionHandlers(deletions),
    )


def _rule_paths(known: Configuration, parts: _RuleParts, *, page_bytes: int) -> RulePaths:
    catalog, store = known.catalog, known.store
    rules, records, secrets = parts.rules, parts.records, parts.secrets
    webtasks = Webtasks(store, records, parts.forms, parts.texts, rules, secrets)
    return RulePaths(
        rules=LongNounHandlers(rules, name="rules", filters=rules.filters, page_bytes=page_bytes),
        flow=FlowHandlers(Flow(store, records)),
        secrets=SecretHandlers(secrets),
        trials=TrialHandlers(parts.trials, parts.load_checks),
        versions=RuleVersionHandlers(rules, parts.versions),
        resuming=ResumeHandlers(Resuming(catalog, store, records)),
        rollouts=RolloutHandlers(parts.rollouts),
        hooks=HookHandlers(Hooks(records, parts.forms, rules), secrets, page_bytes=page_bytes),
        webtasks=WebtaskHandlers(catalog, webtasks),
        webtask_modules=WebtaskModuleHandlers(catalog, WebtaskModules(parts.packages)),
    )


def _action_paths(known: Configuration, parts: _RuleParts, traffic: Traffic) -> ActionPaths:
    store = known.store
    records = ActionRecords(parts.records, parts.forms)
    actions = Actions(store, records, parts.texts, parts.rules, parts.secrets)
    versions = ActionVersions(records, parts.versions)
    return ActionPaths(
        actions=ActionHandlers(actions, versions, ActionTests(records, parts.trials)),
        versions=ActionVersionHandlers(actions, versions),
        triggers=TriggerHandlers(actions, Bindings(store, records)),
        executions=ExecutionHandlers(Executions(traffic.exchanges)),
    )


def _tape_paths(
    settings: GatewaySettings, known: Configuration, traffic: Traffic, parts: _RuleParts, exchanges: Exchanges
) -> TapePaths:
    catalog, vault = known.catalog, known.vault
    store = TapeStore(known.redis, vault)
    tapes = Tapes(store)
    replays = Replays(catalog, tapes, vault, traffic.dispatcher, deadline_s=settings.request_deadline)
    explanations = Explanations(catalog, traffic.exchanges, tapes, replays, parts.records)
    return TapePaths(
        tapes=TapeHandlers(tapes),
        replays=ReplayHandlers(replays),
        cases=TapeCaseHandlers(TapeCases(tapes, replays, parts.records)),
        explanations=ExplanationHandlers(explanations),
        flips=FlipHandlers(Flips(catalog, tapes, replays, parts.records)),
        backtests=BacktestHandlers(Backtests(parts.records, exchanges, store, replays, parts.trials)),
    )


def _tenant_paths(settings: GatewaySettings, known: Configuration, traffic: Traffic) -> TenantPaths:
    catalog, store, redis = known.catalog, known.store, known.redis
    tenants = Tenants(catalog, store, known.vault, known.signing_keys, DeletedTenants(redis))
    return TenantPaths(
        tenants=RecordHandlers(tenants, name="tenants", id_field="name"),
        deletion=TenantDeletionHandlers(TenantDeletion(catalog, store, redis)),
        settings=TenantSettingsHandlers(TenantSettings(catalog, store)),
        signing_keys=SigningKeyHandlers(SigningKeyring(catalog, store, known.signing_keys)),
        log=TenantLogHandlers(Logs(catalog, LogStore(redis))),
        stats=StatsHandlers(Stats(TokenCounts(redis), SecretUsage(redis), TokenUse(redis), MinuteCounts(redis))),
        quotas=QuotaHandlers(_quota_use(settings, known, traffic)),
    )


def _quota_use(settings: GatewaySettings, known: Configuration, traffic: Traffic) -> QuotaUse:
    return QuotaUse(
        known.redis,
        known.catalog,
        MinuteCounts(known.redis),
        traffic.dispatcher.waiting_requests,
        partial(count_gateways, known.redis),
        quotas=record_quotas(settings),
        kept=KeptBounds(
            exchanges=StreamBounds(settings.exchanges_kept, settings.exchange_bytes),
            logs=StreamBounds(settings.log_history, settings.log_history_bytes),
            audited=StreamBounds(settings.audited_calls_kept, settings.audit_bytes),
        ),
    )
