"""The one place that opens connections to Redis or Valkey, with their timeouts and retries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio.cluster import ClusterParser
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import AuthenticationError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.process.background import in_background
from rulemint_shared.redis.address import Address, Cluster, RedisUrlError, Sentinels, read_address
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.cluster import ClusterRedis
from rulemint_shared.redis.cluster_nodes import ClusterNodes
from rulemint_shared.redis.masters import MasterConnection, MasterPool, MasterSentinels, MasterTlsConnection
from rulemint_shared.redis.multiplexed_redis import MultiplexedRedis
from rulemint_shared.redis.pool import SharingPool
from rulemint_shared.redis.sockets import TcpConnection, TlsConnection, connection_class, socket_options

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_S = 2.0
SOCKET_TIMEOUT_S = 5.0
HEALTH_CHECK_INTERVAL_S = 5
MINIMUM_MAJOR_VERSION = 7
FULL_COVERAGE = "cluster-require-full-coverage"


class RedisUnusableError(Exception):
    """The server cannot be reached, refuses us, or is too old. The text says what to do."""


@asynccontextmanager
async def open_redis(
    url: str, password_file: Path | None = None, sentinel_password_file: Path | None = None
) -> AsyncIterator[RedisClient]:
    """A client that retries for a moment when a connection breaks; `address` has the forms of *url*.

    Raises:
        RedisUnusableError: *url* has another form, or a password file cannot be read.
    """
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.02), 3)
    async with _client(url, password_file, sentinel_password_file, retry) as redis:
        yield redis


@asynccontextmanager
async def open_subscriber(
    url: str, password_file: Path | None = None, sentinel_password_file: Path | None = None
) -> AsyncIterator[MultiplexedRedis | ClusterRedis]:
    """Open a client for subscriptions. It never reconnects by itself, because listeners must know of every gap.

    Raises:
        RedisUnusableError: *url* has another form, or a password file cannot be read.
    """
    async with _client(url, password_file, sentinel_password_file, Retry(NoBackoff(), 0)) as redis:
        yield redis


@asynccontextmanager
async def _client(
    url: str, password_file: Path | None, sentinel_password_file: Path | None, retry: Retry
) -> AsyncIterator[MultiplexedRedis | ClusterRedis]:
    async with AsyncExitStack() as stack:
        try:
            address = read_address(url)
            options = {
                "password": _read_password(password_file, "RULEMINT_REDIS_PASSWORD_FILE"),
                "socket_timeout": SOCKET_TIMEOUT_S,
                "socket_connect_timeout": CONNECT_TIMEOUT_S,
                "health_check_interval": HEALTH_CHECK_INTERVAL_S,
                "retry": retry,
                "retry_on_error": [RedisConnectionError, RedisTimeoutError, ReadOnlyError],
                **socket_options(url),
                **address.options,
            }
            if isinstance(address, Cluster):
                redis: MultiplexedRedis | ClusterRedis = await _open_cluster(stack, address, options)
            elif isinstance(address, Sentinels):
                password = _read_password(sentinel_password_file, "RULEMINT_SENTINEL_PASSWORD_FILE")
                redis = MultiplexedRedis(await _open_pool_to_master(stack, address, password, options))
            else:
                redis = MultiplexedRedis(SharingPool(connection_class=connection_class(url), **options))
            redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py has no types here
        except RedisUrlError as error:
            raise RedisUnusableError(str(error)) from None
        except TypeError:
            raise RedisUnusableError("RULEMINT_REDIS_URL has an option after its ? that there is not") from None
        stack.push_async_callback(redis.connection_pool.aclose)
        stack.push_async_callback(redis.aclose, close_connection_pool=True)
        yield redis


async def _open_pool_to_master(
    stack: AsyncExitStack, address: Sentinels, password: str | None, options: dict[str, Any]
) -> SharingPool:
    sentinels = await stack.enter_async_context(aclosing(MasterSentinels(address, password)))
    kind = MasterTlsConnection if address.tls_options else MasterConnection
    pool = MasterPool(address.master, sentinels, connection_class=kind, **options)  # type: ignore[no-untyped-call]  # redis-py has no types here
    in_background(stack, pool.follow())
    return pool


async def _open_cluster(stack: AsyncExitStack, address: Cluster, options: dict[str, Any]) -> ClusterRedis:
    def open_pool(node: Address) -> SharingPool:
        kind = TlsConnection if address.with_tls else TcpConnection
        return SharingPool(connection_class=kind, host=node[0], port=node[1], **options)

    options = {**options, "parser_class": ClusterParser}
    nodes = await stack.enter_async_context(aclosing(ClusterNodes(address.nodes, open_pool)))
    in_background(stack, nodes.follow())
    return ClusterRedis(nodes, nodes.client(address.nodes[0]))


def _read_password(path: Path | None, setting: str) -> str | None:
    try:
        return None if path is None else path.read_text().strip()
    except OSError as error:
        raise RedisUnusableError(f"cannot read {setting} {path}: {error.strerror}") from error


async def check_server(redis: RedisClient) -> str:
    """The server's name and version, such as ``valkey 8.1.1``; of a cluster, every node with slots is looked at.

    Raises:
        RedisUnusableError: it does not answer, refuses our password, is older than Redis 7, or may evict configuration.
    """
    try:
        servers: Sequence[RedisClient] = await redis.owners() if isinstance(redis, ClusterRedis) else [redis]
        names = [await _check(server) for server in servers]
        if isinstance(redis, ClusterRedis):
            await _look_at_coverage(servers)
    except AuthenticationError as error:
        raise RedisUnusableError(f"the server refuses the password in RULEMINT_REDIS_URL: {error}") from error
    except (RedisError, OSError) as error:
        raise RedisUnusableError(f"no answer from the server of RULEMINT_REDIS_URL: {error}") from error
    return names[0]


async def _check(server: RedisClient) -> str:
    info = await server.info("server")
    name = str(info.get("server_name", "redis"))
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if int(version.split(".", maxsplit=1)[0]) < MINIMUM_MAJOR_VERSION:
        raise RedisUnusableError(f"{name} {version} is too old: use Valkey 8 or Redis 7 or newer")
    await _check_eviction(server)
    return f"{name} {version}"


async def _look_at_coverage(nodes: Sequence[RedisClient]) -> None:
    """Warn of a cluster that stops as a whole when one node dies, as far as ``CONFIG`` is open to us."""
    for node in nodes:
        with suppress(ResponseError):
            if (await node.config_get(FULL_COVERAGE)).get(FULL_COVERAGE) == "yes":
                log.warning("one dead node would stop the whole cluster", advice=f"set {FULL_COVERAGE} no on all nodes")
                return


async def _check_eviction(redis: RedisClient) -> None:
    """Refuse a server that may evict keys that never expire; ``INFO`` says so where ``CONFIG`` is closed too."""
    policy = str((await redis.info("memory")).get("maxmemory_policy", ""))
    if policy.startswith("allkeys-"):
        raise RedisUnusableError(
            f"the server may evict configuration: its maxmemory-policy is {policy}, set it to noeviction"
        )
