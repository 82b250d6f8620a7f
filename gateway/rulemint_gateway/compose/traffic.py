"""Opens the parts that traffic passes: the way to runners, exchange records, log streams, refusals, metrics."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from rulemint_gateway.compose.configuration import Configuration
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.limits.failed_authentication import FailedAuthentication
from rulemint_gateway.limits.gcra import Buckets, Rate
from rulemint_gateway.limits.late_audit import LateAudit
from rulemint_gateway.limits.shared_buckets import SharedBuckets
from rulemint_gateway.log_hub.hub import LogHub
from rulemint_gateway.management.rollouts.judging import CanaryJudge
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.traffic.aged_exchanges import AgedExchanges
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts
from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.traffic.rollout_counts import RolloutCounts
from rulemint_gateway.web.metrics.losses import LossMetrics
from rulemint_gateway.web.metrics.metrics import Metrics
from rulemint_shared.process.background import in_background
from rulemint_shared.streams.entries import StreamBounds
from rulemint_shared.streams.log_stream import LogStreamWriter


@dataclass(frozen=True)
class Traffic:
    """The parts that traffic passes."""

    presence: RunnerPresence
    dispatcher: Dispatcher
    exchanges: ExchangeStore
    log_hub: LogHub
    failed: FailedAuthentication
    refused: RefusedCalls
    audit: LateAudit
    metrics: Metrics
    rollouts: RolloutCounts


def open_traffic(stack: AsyncExitStack, settings: GatewaySettings, known: Configuration) -> Traffic:
    """Make them, with their tasks in the background."""
    presence = RunnerPresence(known.redis, queue_shards=settings.queue_shards)
    in_background(stack, presence.refresh())
    minutes = MinuteCounts(known.redis)
    in_background(stack, minutes.write())
    dispatcher = _dispatcher(stack, settings, known, presence, minutes)
    exchanges = _exchanges(stack, settings, known, minutes)
    log_hub = LogHub(
        known.subscriber,
        max_watchers=settings.max_watchers,
        watcher_bytes=settings.watcher_buffer_kb * 1024,
        tenant_bytes=settings.watchers_buffer_mb * 1024 * 1024,
    )
    stack.push_async_callback(log_hub.close)
    failed = _failed_authentication(stack, settings, known)
    registry = CollectorRegistry()
    registry.register(LossMetrics(exchanges=exchanges, dispatcher=dispatcher, log_hub=log_hub))
    metrics = Metrics(
        registry, dispatcher=dispatcher, presence=presence, durability=known.durability, clock=known.clock
    )
    refused = _refused_calls(stack, settings, known)
    audit = LateAudit(refused)
    in_background(stack, audit.write())
    return Traffic(
        presence, dispatcher, exchanges, log_hub, failed, refused, audit, metrics, _rollouts(stack, known, dispatcher)
    )


def _rollouts(stack: AsyncExitStack, known: Configuration, dispatcher: Dispatcher) -> RolloutCounts:
    counts = RolloutCounts(known.redis)
    judge = CanaryJudge(known.catalog, known.store, RuleRecords(known.redis, known.catalog), dispatcher)
    in_background(stack, counts.write(judge.judge))
    return counts


def _dispatcher(
    stack: AsyncExitStack,
    settings: GatewaySettings,
    known: Configuration,
    presence: RunnerPresence,
    minutes: MinuteCounts,
) -> Dispatcher:
    dispatcher = Dispatcher(
        known.redis,
        gateway=known.process,
        presence=presence,
        log_writer=LogStreamWriter(
            kept=settings.log_history, age_s=settings.log_history_age, max_bytes=settings.log_history_bytes
        ),
        max_waiting=settings.max_waiting,
        minutes=minutes,
        job_expires_ms=int(settings.request_deadline * 1000) + 60_000,
    )
    in_background(stack, dispatcher.listen(known.subscriber))
    stack.push_async_callback(dispatcher.close)
    return dispatcher


def _exchanges(
    stack: AsyncExitStack, settings: GatewaySettings, known: Configuration, minutes: MinuteCounts
) -> ExchangeStore:
    exchanges = ExchangeStore(
        known.redis,
        kept_per_tenant=settings.exchanges_kept,
        age_s=settings.exchange_age,
        max_bytes=settings.exchange_bytes,
        record_bytes=settings.exchange_record_bytes,
        refusal_bytes=settings.refusal_bytes,
        refusals_per_source=settings.refusals_per_source,
        minutes=minutes,
    )
    in_background(stack, exchanges.write_behind())
    in_background(stack, exchanges.use.write())
    aged = AgedExchanges(
        known.redis,
        known.catalog.tenant_names,
        age_s=settings.exchange_age,
        bounds=StreamBounds(settings.exchanges_kept, settings.exchange_bytes),
        refusal_bounds=StreamBounds(settings.exchanges_kept, settings.refusal_bytes),
    )
    in_background(stack, aged.sweep())
    return exchanges


def _failed_authentication(
    stack: AsyncExitStack, settings: GatewaySettings, known: Configuration
) -> FailedAuthentication:
    buckets = Buckets()
    shared = SharedBuckets(known.redis, buckets)
    in_background(stack, shared.share())
    return FailedAuthentication(
        buckets,
        shared,
        per_client=Rate(settings.failures_per_client, settings.failures_per_client_refill),
        per_source=Rate(settings.failures_per_source, settings.failures_per_source_refill),
    )


def _refused_calls(stack: AsyncExitStack, settings: GatewaySettings, known: Configuration) -> RefusedCalls:
    refused = RefusedCalls(
        known.redis,
        kept_per_tenant=settings.audited_calls_kept,
        max_bytes=settings.refusal_bytes,
        per_client=settings.refusals_per_source,
    )
    in_background(stack, refused.write_samples())
    return refused
