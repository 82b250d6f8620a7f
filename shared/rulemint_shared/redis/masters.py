"""Connect to the server that is master now, as Valkey's or Redis's Sentinels say.

Theory of operation. A connection asks a sentinel where the master is each time that it connects, and asks the server
itself whether it is one. redis-py does the first. This module adds three things. An old answer never wins over a newer
one. If no sentinel answers, the last master stays. A connection to a master that was replaced is closed, even if
nothing fails on it, because the sentinels may see a partition that we do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain
from typing import Any

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.redis.address import Address, Sentinels
from rulemint_shared.redis.pool import SharingPool
from rulemint_shared.redis.sockets import ClosesItself

log = structlog.get_logger(__name__)

SENTINEL_CONNECT_TIMEOUT_S = 0.5
SENTINEL_TIMEOUT_S = 1.0
CONNECT_WITHIN_S = 4.0
"""Two sentinels that hang, and one that answers."""
FOLLOW_INTERVAL_S = 1.0


class MasterSentinels(Sentinel):
    """The sentinels of one master."""

    def __init__(self, address: Sentinels, password: str | None) -> None:
        own = {
            "password": password,
            "socket_connect_timeout": SENTINEL_CONNECT_TIMEOUT_S,
            "socket_timeout": SENTINEL_TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
            **address.tls_options,
        }
        super().__init__(address.sentinels, sentinel_kwargs=own)  # type: ignore[no-untyped-call]  # redis-py has no types here
        self._asking: asyncio.Task[Address] | None = None
        self._newest = (-1, ("", 0))
        """The configuration epoch of the newest answer, and the master in it."""

    async def discover_master(self, service_name: str) -> Address:
        """Find the master. Callers that come while somebody asks wait for the same answer.

        Raises:
            MasterNotFoundError: no sentinel knows of a master that is up.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(service_name))
            self._asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        return await asyncio.shield(self._asking)

    async def _ask(self, master: str) -> Address:
        """The first answer that is not older than what we know, else the newest of all."""
        older: list[tuple[int, Address]] = []
        silent: list[str] = []
        for place, sentinel in enumerate(self.sentinels):
            try:
                masters = await sentinel.sentinel_masters()  # type: ignore[no-untyped-call]  # redis-py has no types here
            except (RedisError, OSError) as error:
                silent.append(_why(sentinel.connection_pool.connection_kwargs, error))
                continue
            state = masters.get(master)
            if state is None or not self.check_master_state(state, master):
                continue
            answer = (int(state["config-epoch"]), (str(state["ip"]), int(state["port"])))
            if answer[0] >= self._newest[0]:
                self.sentinels.insert(0, self.sentinels.pop(place))
                return self._learn(answer)
            older.append(answer)
        if older:
            return self._learn(max(older))
        if len(silent) == len(self.sentinels) and self._newest[0] >= 0:
            return self._newest[1]
        said = "; ".join(silent) or "they know of none that is up"
        raise MasterNotFoundError(f"no sentinel of RULEMINT_REDIS_URL names a master {master!r}: {said}")

    def _learn(self, answer: tuple[int, Address]) -> Address:
        if answer[1] != self._newest[1] and self._newest[0] >= 0:
            log.info("the sentinels name another master", host=answer[1][0], port=answer[1][1])
        self._newest = answer
        return answer[1]

    async def aclose(self) -> None:
        """Close the connections to them."""
        if self._asking is not None:
            self._asking.cancel()
        for sentinel in self.sentinels:
            await sentinel.aclose()


def _why(options: dict[str, Any], error: Exception) -> str:
    where = f"{options['host']}:{options['port']}"
    if isinstance(error, AuthenticationError):
        return f"{where} refuses the password (RULEMINT_SENTINEL_PASSWORD_FILE)"
    return f"{where} does not answer ({error})"


class MasterPool(SharingPool, SentinelConnectionPool):
    """Connections to the master."""

    async def follow(self) -> None:
        """Close what leads to a master that was replaced, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_INTERVAL_S)
            try:
                master = await self.sentinel_manager.discover_master(self.service_name)
            except (RedisError, OSError) as error:
                log.warning("no master", error=str(error))
                continue
            for connection in self._connected():
                if (connection.host, connection.port) != master:
                    await connection.disconnect(nowait=True)

    def _connected(self) -> Iterator[Any]:
        each: AbstractConnection
        for each in [*chain(self._available_connections, self._in_use_connections)]:
            if each.is_connected:
                yield each


class _ToTheMaster(ClosesItself):
    """The common part of both kinds of connection."""

    async def connect(self) -> None:
        """Connect to the master, if it is not connected.

        Raises:
            ConnectionError: there is none, or it does not answer.
            TimeoutError: the sentinels and the master took too long.
        """
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await super().connect()
        except TimeoutError:
            raise RedisTimeoutError("the sentinels and the master took too long to answer") from None

    async def connect_to(self, address: Address) -> None:
        """Connect to *address*.

        Raises:
            ConnectionError: it does not answer, or is no master.
        """
        await super().connect_to(address)  # type: ignore[misc]  # redis-py's, of the other base class
        try:
            await self.send_command("ROLE")
            role = await self.read_response()
        except NoPermissionError:  # then a write will say so
            return
        if role[0] != b"master":
            await self.disconnect(nowait=True)
            raise RedisConnectionError(f"{address[0]}:{address[1]} is no master any more")


class MasterConnection(_ToTheMaster, SentinelManagedConnection):
    """``redis+sentinel://``."""


class MasterTlsConnection(_ToTheMaster, SentinelManagedSSLConnection):
    """``rediss+sentinel://``."""
