"""Opens the connection to the store, and what keeps its time and writes its logs."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from rulemint_runner.flow.rule_sources import RuleSources
from rulemint_runner.queue.tapes import InvocationTapes
from rulemint_runner.settings import RunnerSettings
from rulemint_runner.tapes.keeping import TapeBounds, TapeKeeper
from rulemint_shared import ids
from rulemint_shared.process.background import in_background
from rulemint_shared.process.shortages import watch_descriptors
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import check_server, open_redis
from rulemint_shared.redis.server_clock import ServerClock
from rulemint_shared.secrets.runner_key import HOW_TO_MAKE_IT, RunnerKey
from rulemint_shared.streams.log_publisher import LogPublisher
from rulemint_shared.streams.log_stream import LogStreamWriter

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Store:
    """The store as this runner uses it."""

    redis: RedisClient
    name: str
    """The runner's, in the list of the living."""
    sources: RuleSources
    publisher: LogPublisher
    tapes: InvocationTapes


async def open_store(stack: AsyncExitStack, settings: RunnerSettings) -> Store:
    """Connect, and check that the store is one that this runner can read.

    Raises:
        RedisUnusableError, RunnerKeyError: it cannot; the text says why.
    """
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
    bounds = TapeBounds(settings.tape_history, settings.tape_history_bytes, settings.tape_history_age)
    keeper = TapeKeeper(redis, key, bounds)
    if not keeper.can_keep:
        log.warning("tapes are not kept: the runner key is of an earlier version", how=HOW_TO_MAKE_IT)
    in_background(stack, keeper.run())
    return Store(redis, f"{socket.gethostname()}:{process}", sources, publisher, InvocationTapes(key, keeper))
