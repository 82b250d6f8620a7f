"""Opens the pool of hosts, and says what an invocation may take."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

import msgspec

from rulemint_runner.flow.limits import LimitPolicy, Limits
from rulemint_runner.hosts.host_budget import HostBudget
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.pool.pool import HostPool
from rulemint_runner.hosts.pool.pool_limits import PoolLimits
from rulemint_runner.hosts.pool.retirement import Retirement
from rulemint_runner.hosts.pool.spare_hosts import SpareHosts
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.process.background import in_background


def open_pool(
    stack: AsyncExitStack, settings: RunnerSettings, sandbox: Sandbox, languages: Languages, budget: HostBudget
) -> HostPool:
    """Open the pool, start its spare hosts, and look after its hosts in the background."""
    memory_mb = limit_policy(settings).default.memory_mb
    spare_hosts = SpareHosts(sandbox, languages, spares=settings.spare_hosts, memory_mb=memory_mb)
    stack.push_async_callback(spare_hosts.close)
    spare_hosts.fill()
    pool = HostPool(_pool_limits(settings, budget), spare_hosts.take)
    stack.push_async_callback(pool.close)
    in_background(stack, pool.sweep())
    in_background(stack, pool.watch())
    return pool


def limit_policy(settings: RunnerSettings) -> LimitPolicy:
    """Read the limits of an invocation: the default, and the ceiling of what a rule may ask for."""
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
