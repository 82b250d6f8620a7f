"""The composition root: opens each resource, hands typed parts to the next, and ends with the worker.

Nothing here decides anything; nothing elsewhere constructs its own parts.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

import msgspec
import structlog

from rulemint_runner.egress.client import EgressBroker, open_egress
from rulemint_runner.flow.flow import Flow
from rulemint_runner.flow.geoip import GeoIp
from rulemint_runner.flow.limits import LimitPolicy, Limits
from rulemint_runner.flow.rule_loads import RuleLoads
from rulemint_runner.flow.rule_runs import RuleRuns
from rulemint_runner.flow.rule_sources import RuleSources
from rulemint_runner.flow.rule_state import RuleStates
from rulemint_runner.flow.rule_turn import RuleParts
from rulemint_runner.hosts.host_budget import HostBudget
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.pool.pool import HostPool, PoolLimits
from rulemint_runner.hosts.pool.retirement import Retirement
from rulemint_runner.hosts.pool.spare_hosts import SpareHosts
from rulemint_runner.packages.install_folders import InstallFolders
from rulemint_runner.packages.messages import InstallTerms
from rulemint_runner.packages.package_installer import PackageInstaller
from rulemint_runner.packages.package_room import PackageRoom
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.queue.invocations import Invocations
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.presence import Presence
from rulemint_runner.queue.running_invocation import InvocationParts
from rulemint_runner.queue.worker import RuleWorker, RunJob
from rulemint_runner.sandbox.preflight import missing_kernel_layers
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnerProcess, open_sandbox
from rulemint_runner.self_check.self_check import SelfCheck
from rulemint_runner.settings import RunnerSettings
from rulemint_shared import ids
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.process.background import in_background
from rulemint_shared.process.shortages import watch_descriptors
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.connection import check_server, open_redis
from rulemint_shared.redis.server_clock import ServerClock
from rulemint_shared.secrets.runner_key import RunnerKey
from rulemint_shared.streams.log_publisher import LogPublisher
from rulemint_shared.streams.log_stream import LogStreamWriter

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Runner:
    """A runner whose resources are open; what `service` needs to run and to drain it."""

    worker: RuleWorker
    presence: Presence
    sandbox: Sandbox
    self_check: SelfCheck


@asynccontextmanager
async def open_runner(
    settings: RunnerSettings, spawner: SpawnerProcess, languages: Languages, budget: HostBudget
) -> AsyncIterator[Runner]:
    """A runner ready to claim invocations; everything it opened is closed in reverse order.

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
        broker = await stack.enter_async_context(_open_egress(settings))
        key = RunnerKey.from_file(settings.runner_key_file)
        server = (settings.redis_url, settings.redis_password_file, settings.sentinel_password_file)
        redis = await stack.enter_async_context(open_redis(*server))
        log.info("connected", server=await check_server(redis))
        process = ids.new_process_id("runner")
        clock = ServerClock(redis, process)
        await clock.begin()
        in_background(stack, clock.keep())
        in_background(stack, watch_descriptors())
        sources = RuleSources(redis, key)
        await sources.check_key()

        publisher = LogPublisher(
            redis,
            LogStreamWriter(
                kept=settings.log_history, age_s=settings.log_history_age, max_bytes=settings.log_history_bytes
            ),
        )
        in_background(stack, publisher.run())
        limits = _limit_policy(settings)
        spare_hosts = SpareHosts(sandbox, languages, spares=settings.spare_hosts, memory_mb=limits.default.memory_mb)
        stack.push_async_callback(spare_hosts.close)
        spare_hosts.fill()
        pool = HostPool(_pool_limits(settings, budget), spare_hosts.take)
        stack.push_async_callback(pool.close)
        in_background(stack, pool.sweep())
        in_background(stack, pool.watch())
        packages = PackageStore(redis, PackageRoom(redis, max_bytes=settings.packages_mb * 1024 * 1024))
        terms = _install_terms(settings)
        InstallFolders(terms.within).remove_what_is_left()
        installer = PackageInstaller(
            redis,
            packages,
            deno=languages.deno,
            npm_registry=settings.npm_registry,
            pypi_index=settings.pypi_index,
            at_once=settings.max_installations,
            terms=terms,
        )
        parts = RuleParts(
            packages=packages,
            states=RuleStates(redis),
            limits=limits,
            languages=languages,
            broker=broker,
        )
        flow = Flow(RuleRuns(sources, pool, parts), geoip)
        places = TenantQuota(settings.max_invocations)
        outbox = Outbox(redis)
        invocations = Invocations(InvocationParts(outbox, flow, publisher, places))
        name = f"{socket.gethostname()}:{process}"
        presence = Presence(
            redis,
            name,
            heartbeat_file=settings.heartbeat_file,
            contains_rules=lambda: self_check.holds,
            load=lambda: RunnerLoad(
                hosts=pool.hosts,
                busy_hosts=pool.busy,
                invocations=len(places),
                lost_log_records=publisher.lost,
                queue_shards=settings.queue_shards,
            ),
        )
        jobs: dict[str, RunJob] = {
            job_queue.RUN_BATCH: invocations.run_batch,
            job_queue.INSTALL_PACKAGES: installer.run_job,
            job_queue.LOAD_RULE: RuleLoads(sandbox, languages, limits, packages).run_job,
        }
        worker = RuleWorker(
            redis, jobs, outbox, runner=name, max_jobs=settings.max_invocations, shards=settings.queue_shards
        )
        yield Runner(worker, presence, sandbox, self_check)


def _open_egress(settings: RunnerSettings) -> AbstractAsyncContextManager[EgressBroker]:
    files = (settings.egress_hosts_file, settings.egress_ca_file)
    hosts_file, ca_file = (None if path is None else str(path) for path in files)
    without = missing_kernel_layers() if settings.insecure_sandbox else ()
    return open_egress(
        allow_private=_private_networks(settings),
        hosts_file=hosts_file,
        ca_file=ca_file,
        without=without,
        landlock_abi=settings.landlock_abi,
    )


def _private_networks(settings: RunnerSettings) -> list[str]:
    return [network for network in settings.egress_allow_private.replace(" ", "").split(",") if network]


def _install_terms(settings: RunnerSettings) -> InstallTerms:
    return InstallTerms(
        folder_mib=settings.install_mb,
        files=settings.install_files,
        memory_mib=settings.install_memory_mb,
        allow_private=tuple(_private_networks(settings)),
        within=None if settings.install_folder is None else str(settings.install_folder),
        ca_file=None if settings.egress_ca_file is None else str(settings.egress_ca_file),
        landlock_abi=settings.landlock_abi,
    )


def _limit_policy(settings: RunnerSettings) -> LimitPolicy:
    default = Limits(
        timeout_s=settings.rule_timeout,
        memory_mb=settings.rule_memory_mb,
        log_bytes=settings.rule_log_bytes,
        result_bytes=settings.rule_result_bytes,
    )
    ceiling = msgspec.structs.replace(
        default, timeout_s=settings.max_rule_timeout, memory_mb=settings.max_rule_memory_mb
    )
    return LimitPolicy(default=default, ceiling=ceiling)


def _pool_limits(settings: RunnerSettings, budget: HostBudget) -> PoolLimits:
    return PoolLimits(
        max_hosts=budget.hosts,
        max_hosts_per_rule=settings.max_hosts_per_rule,
        quick_hosts_per_rule=max(2, len(os.sched_getaffinity(0))),
        max_memory_bytes=budget.memory_mib * 1024 * 1024,
        idle_s=settings.host_idle,
        retirement=Retirement(max_runs=settings.host_invocations, max_age_s=settings.host_age),
    )
