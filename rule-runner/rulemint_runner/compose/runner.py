"""Opens a runner: resources first, its worker last."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

from rulemint_runner.compose.hosts import limit_policy, open_pool
from rulemint_runner.compose.network import an_installer, open_broker
from rulemint_runner.compose.store import Store, open_store
from rulemint_runner.flow.flow import Flow
from rulemint_runner.flow.geoip import GeoIp
from rulemint_runner.flow.rule_loads import RuleLoads
from rulemint_runner.flow.rule_runs import RuleRuns
from rulemint_runner.flow.rule_state import RuleStates
from rulemint_runner.flow.rule_turn import RuleParts
from rulemint_runner.hosts.host_budget import HostBudget
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.pool.pool import HostPool
from rulemint_runner.packages.package_room import PackageRoom
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.queue.invocations import Invocations
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.presence import Presence
from rulemint_runner.queue.running_invocation import InvocationParts
from rulemint_runner.queue.shadow_counts import ShadowCounts
from rulemint_runner.queue.shadows import ShadowRuns
from rulemint_runner.queue.worker import RuleWorker, RunJob
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnerProcess, open_sandbox
from rulemint_runner.self_check.self_check import SelfCheck
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.process.background import in_background
from rulemint_shared.queue import job_queue


@dataclass(frozen=True)
class Runner:
    """A runner whose resources are open; `service` needs this to run and to drain it."""

    worker: RuleWorker
    presence: Presence
    sandbox: Sandbox
    self_check: SelfCheck


@asynccontextmanager
async def open_runner(
    settings: RunnerSettings, spawner: SpawnerProcess, languages: Languages, budget: HostBudget
) -> AsyncIterator[Runner]:
    """Open a runner that is ready to claim invocations. All that it opened is closed in reverse order.

    Raises:
        GeoIpDatabaseError, RedisUnusableError, RunnerKeyError, SandboxMissingError: it cannot start; the text says why.
    """
    async with AsyncExitStack() as stack:
        geoip = stack.enter_context(closing(GeoIp(settings.geoip_database)))
        sandbox = await stack.enter_async_context(open_sandbox(spawner))
        self_check = SelfCheck(
            sandbox, languages, insecure=settings.insecure_sandbox, landlock_abi=settings.landlock_abi
        )
        await self_check.check()
        # Before any secret is read, so that the broker's process cannot have one.
        broker = await stack.enter_async_context(open_broker(settings))
        store = await open_store(stack, settings)

        limits = limit_policy(settings)
        packages = PackageStore(store.redis, PackageRoom(store.redis, max_bytes=settings.packages_mb * 1024 * 1024))
        pool = open_pool(stack, settings, sandbox, languages, budget)
        parts = RuleParts(
            packages=packages, states=RuleStates(store.redis), limits=limits, languages=languages, broker=broker
        )
        flow = Flow(RuleRuns(store.sources, pool, parts), geoip)
        places, outbox = TenantQuota(settings.max_invocations), Outbox(store.redis)
        shadows = _shadows(stack, store, flow, pool)
        jobs: dict[str, RunJob] = {
            job_queue.RUN_BATCH: Invocations(
                InvocationParts(outbox, flow, store.publisher, places, store.tapes, shadows)
            ).run_batch,
            job_queue.INSTALL_PACKAGES: an_installer(settings, store.redis, packages, deno=languages.deno).run_job,
            job_queue.LOAD_RULE: RuleLoads(sandbox, languages, limits, packages).run_job,
        }
        worker = RuleWorker(
            store.redis,
            jobs,
            outbox,
            runner=store.name,
            max_jobs=settings.max_invocations,
            shards=settings.queue_shards,
        )
        yield Runner(worker, _presence(settings, store, self_check, pool, places), sandbox, self_check)


def _shadows(stack: AsyncExitStack, store: Store, flow: Flow, pool: HostPool) -> ShadowRuns:
    processors = len(os.sched_getaffinity(0))
    shadows = ShadowRuns(
        flow,
        store.publisher,
        ShadowCounts(store.redis),
        has_room=lambda: pool.has_room and pool.busy < processors,
    )
    in_background(stack, shadows.run())
    return shadows


def _presence(
    settings: RunnerSettings, store: Store, self_check: SelfCheck, pool: HostPool, places: TenantQuota
) -> Presence:
    return Presence(
        store.redis,
        store.name,
        heartbeat_file=settings.heartbeat_file,
        contains_rules=lambda: self_check.holds,
        load=lambda: RunnerLoad(
            hosts=pool.hosts,
            busy_hosts=pool.busy,
            invocations=len(places),
            lost_log_records=store.publisher.lost,
            queue_shards=settings.queue_shards,
        ),
    )
