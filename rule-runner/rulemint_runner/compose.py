"""The composition root: opens each resource, hands typed parts to the next, and ends with the worker.

Nothing here decides anything; nothing elsewhere constructs its own parts.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from rulemint_runner.flow import Flow
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.nursery import Nursery
from rulemint_runner.hosts.pool import HostPool, PoolLimits
from rulemint_runner.hosts.self_check import SelfCheck
from rulemint_runner.invocations import Invocations
from rulemint_runner.log_publisher import LogPublisher
from rulemint_runner.presence import Presence
from rulemint_runner.rule_sources import RuleSources
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnerProcess, open_sandbox
from rulemint_runner.settings import RunnerSettings
from rulemint_runner.worker import RuleWorker
from rulemint_shared import ids
from rulemint_shared.background import in_background
from rulemint_shared.redis_connection import check_server, open_redis
from rulemint_shared.vault import Vault

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Runner:
    """A runner whose resources are open; what `service` needs to run and to drain it."""

    worker: RuleWorker
    presence: Presence
    sandbox: Sandbox
    self_check: SelfCheck


@asynccontextmanager
async def open_runner(settings: RunnerSettings, spawner: SpawnerProcess, languages: Languages) -> AsyncIterator[Runner]:
    """A runner ready to claim invocations; everything it opened is closed in reverse order.

    Raises:
        RedisUnusableError, SandboxMissingError, VaultError: it cannot start; the text says why.
    """
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_sandbox(spawner))
        self_check = SelfCheck(sandbox, languages, insecure=settings.insecure_sandbox)
        await self_check.check()
        vault = Vault.from_file(settings.master_key_file)
        redis = await stack.enter_async_context(open_redis(settings.redis_url, settings.redis_password_file))
        log.info("connected", server=await check_server(redis))

        publisher = LogPublisher(redis)
        in_background(stack, publisher.run())
        nursery = Nursery(sandbox, languages, spares=settings.spare_hosts)
        stack.push_async_callback(nursery.close)
        nursery.fill()
        pool = HostPool(
            PoolLimits(
                max_hosts=settings.max_hosts,
                max_hosts_per_rule=settings.max_hosts_per_rule,
                idle_s=settings.host_idle,
            )
        )
        stack.push_async_callback(pool.close)
        in_background(stack, pool.sweep())
        flow = Flow(
            nursery=nursery,
            pool=pool,
            sources=RuleSources(redis, vault),
            rule_timeout_s=settings.rule_timeout,
        )
        invocations = Invocations(redis, flow, publisher)
        name = f"{socket.gethostname()}:{ids.new_process_id('runner')}"
        presence = Presence(
            redis, name, heartbeat_file=settings.heartbeat_file, contains_rules=lambda: self_check.holds
        )
        worker = RuleWorker(redis, invocations.run_batch, max_jobs=settings.max_jobs)
        yield Runner(worker, presence, sandbox, self_check)
