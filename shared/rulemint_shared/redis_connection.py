"""The one place that opens connections to Redis or Valkey, with their timeouts and retries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from arq.connections import ArqRedis
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import AuthenticationError, ReadOnlyError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.redis_sockets import connection_class, socket_options

CONNECT_TIMEOUT_S = 2.0
SOCKET_TIMEOUT_S = 5.0
HEALTH_CHECK_INTERVAL_S = 5
MINIMUM_MAJOR_VERSION = 7


class RedisUnusableError(Exception):
    """The server cannot be reached, refuses us, or is too old. The text says what to do."""


@asynccontextmanager
async def open_redis(url: str, password_file: Path | None = None) -> AsyncIterator[ArqRedis]:
    """A client that retries for a moment when a connection breaks (``redis://``, ``rediss://`` or ``unix://``).

    Raises:
        RedisUnusableError: the password file cannot be read.
    """
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.02), 3)
    async with _client(url, password_file, retry) as redis:
        yield redis


@asynccontextmanager
async def open_subscriber(url: str, password_file: Path | None = None) -> AsyncIterator[ArqRedis]:
    """A client for subscriptions. It never reconnects by itself: whoever listens must know of every gap.

    Raises:
        RedisUnusableError: the password file cannot be read.
    """
    async with _client(url, password_file, Retry(NoBackoff(), 0)) as redis:
        yield redis


@asynccontextmanager
async def _client(url: str, password_file: Path | None, retry: Retry) -> AsyncIterator[ArqRedis]:
    pool = ConnectionPool.from_url(
        url,
        password=_read_password(password_file),
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=HEALTH_CHECK_INTERVAL_S,
        retry=retry,
        retry_on_error=[RedisConnectionError, RedisTimeoutError, ReadOnlyError],
        **socket_options(url),
    )
    pool.connection_class = connection_class(url)
    redis = ArqRedis(pool)
    try:
        yield redis
    finally:
        await redis.aclose(close_connection_pool=True)
        await pool.aclose()


def _read_password(path: Path | None) -> str | None:
    try:
        return None if path is None else path.read_text().strip()
    except OSError as error:
        raise RedisUnusableError(f"cannot read RULEMINT_REDIS_PASSWORD_FILE {path}: {error.strerror}") from error


async def check_server(redis: ArqRedis) -> str:
    """The server's name and version, such as ``valkey 8.1.1``.

    Raises:
        RedisUnusableError: it does not answer, refuses our password, is older than Redis 7, or may evict configuration.
    """
    try:
        info = await redis.info("server")
    except AuthenticationError as error:
        raise RedisUnusableError(f"the server refuses the password in RULEMINT_REDIS_URL: {error}") from error
    except (RedisError, OSError) as error:
        raise RedisUnusableError(f"no answer from the server of RULEMINT_REDIS_URL: {error}") from error
    name = str(info.get("server_name", "redis"))
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if int(version.split(".", maxsplit=1)[0]) < MINIMUM_MAJOR_VERSION:
        raise RedisUnusableError(f"{name} {version} is too old: use Valkey 8 or Redis 7 or newer")
    await _check_eviction(redis)
    return f"{name} {version}"


async def _check_eviction(redis: ArqRedis) -> None:
    """Refuse a server that may evict keys that never expire; ``INFO`` says so where ``CONFIG`` is closed too."""
    policy = str((await redis.info("memory")).get("maxmemory_policy", ""))
    if policy.startswith("allkeys-"):
        raise RedisUnusableError(
            f"the server may evict configuration: its maxmemory-policy is {policy}, set it to noeviction"
        )
