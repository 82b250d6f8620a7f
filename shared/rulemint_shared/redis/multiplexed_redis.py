"""A client of one server whose hot commands share connections; redis-py's own ways are left for everything else.

What every token needs (scripts, publications, additions to streams, and a runner's wait for work) goes over
`MultiplexedConnection`s. Callers need not know: they use the same `execute_command` and the same pipelines, with the
same errors and retries. Additions to streams have a connection of their own, so that a large one is in nobody's way. A
command that blocks has a connection for as long as it blocks. If no descriptor is left, everything goes redis-py's way,
over the connections that are open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import hiredis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from rulemint_shared.process.shortages import shortage_of
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.multiplexed_connection import Command, MultiplexedConnection
from rulemint_shared.redis.pool import SharingPool
from rulemint_shared.redis.subscribed_connection import SubscribedConnection

_SHARED = frozenset({"EVAL", "EVALSHA", "PUBLISH", "SPUBLISH"})
_SHARED_IN_PIPELINES = _SHARED | {"ZADD", "ZREMRANGEBYSCORE"}
"""None of them blocks, or leaves anything behind that is its connection's."""
_BLOCKING = "BRPOP"
SAYS_SO_WITHIN_S = 1.0
"""The time that a server may take too long to say that nothing came. A connection that was forgotten says nothing."""

T = TypeVar("T")


class SharedLine:
    """A connection that is opened when it is wanted, and again when it was lost."""

    def __init__(self, pool: SharingPool) -> None:
        self._pool = pool
        self._connection: MultiplexedConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._retry: Retry = pool.make_connection().retry  # type: ignore[no-untyped-call]  # redis-py has no types here

    async def execute(self, command: Command) -> Any:
        """The reply to *command*, which is sent again where a reply was lost.

        Raises:
            RedisError: as from a connection of redis-py's.
        """
        data = hiredis.pack_command(command)
        return await self._with_retries(lambda connection: connection.send(data))

    async def execute_many(self, commands: Iterable[Command]) -> list[Any]:
        """The replies to *commands*, which are sent together; those that are errors are among them.

        Raises:
            ConnectionError, TimeoutError: nobody knows what became of them.
        """
        packed = [hiredis.pack_command(command) for command in commands]
        data = b"".join(packed)

        async def send(connection: MultiplexedConnection) -> list[Any]:
            replies = await connection.send_many(data, len(packed))
            for reply in replies:
                if isinstance(reply, RedisConnectionError):
                    raise reply
            return cast("list[Any]", replies)

        return await self._with_retries(send)

    def close(self) -> None:
        """Close the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()

    async def _with_retries(self, send: Callable[[MultiplexedConnection], Awaitable[T]]) -> T:
        first: Exception | None = None
        if (ready := self._ready()) is not None:
            try:
                return await send(ready)  # nearly always that is all
            except (RedisError, OSError) as error:
                first = error
        else:
            await self._with_room()  # who connects has retries of its own

        async def send_again() -> T:
            nonlocal first
            if first is not None:  # it counts as the first try, and who retries knows after which errors
                error, first = first, None
                raise error
            return await send(await self._with_room())

        return await self._retry.call_with_retry(send_again, _look_for_another)

    def _ready(self) -> MultiplexedConnection | None:
        """The connection if it takes a command now."""
        connection = self._connection
        if connection is None or not connection.takes_commands or connection.is_full:
            return None
        return connection

    async def _with_room(self) -> MultiplexedConnection:
        while (ready := self._ready()) is None:
            if self._connection is not None and self._connection.takes_commands:
                await self._connection.room()
            else:
                await self._connect()
        return ready

    async def _connect(self) -> None:
        """Connect. Callers that come while somebody connects wait for the same connection."""
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._open())
            self._connecting.add_done_callback(lambda opened: opened.cancelled() or opened.exception())
        await asyncio.shield(self._connecting)

    async def _open(self) -> None:
        self._connection = await MultiplexedConnection.open(self._pool)


async def _look_for_another(_error: Exception) -> None:
    """Do what redis-py wants done between two tries: nothing, because the connection has closed itself."""


class MultiplexedRedis(RedisClient):
    """A client of one server."""

    def __init__(self, pool: SharingPool) -> None:
        super().__init__(pool)
        self._pool = pool
        self._line = SharedLine(pool)
        self._line_of_pipelines = SharedLine(pool)
        self._free: list[MultiplexedConnection] = []
        """Connections for commands that block."""

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """The reply to a command.

        Raises:
            RedisError: it says so, or there is none.
        """
        name = arguments[0]
        try:
            if name in _SHARED:
                return await self._line.execute(arguments)
            if name == _BLOCKING:
                return await self._execute_blocking(arguments)
        except (RedisError, OSError) as error:
            if shortage_of(error) is None:  # else there is no descriptor for a connection of our own
                raise
        return await super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]  # redis-py has no types here

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002  # redis-py's
        """Commands that are sent together."""
        if transaction:
            return super().pipeline(transaction=True, shard_hint=shard_hint)
        return _MultiplexedPipeline(self._line_of_pipelines, self.connection_pool, self.response_callbacks, False, None)

    async def subscribe(self, channel: str, *, command: str = "SUBSCRIBE") -> SubscribedConnection:
        """A subscription that hears *channel*, and has not been started; *command* is how the server wants to be asked.

        Raises:
            RedisError, OSError: there is none.
        """
        subscription = await SubscribedConnection.open(self._pool)
        await subscription.subscribe(command, channel)
        return subscription

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001  # as above
        """Close what belongs to this client; a command that comes later fails."""
        self._pool.end()
        self._line.close()
        self._line_of_pipelines.close()
        for connection in self._free:
            connection.close()
        await super().aclose(close_connection_pool)

    async def _execute_blocking(self, command: Command) -> Any:
        """Nobody can wait behind a command that blocks. Who gives it up closes its connection, so nothing is popped."""
        connection = self._free.pop() if self._free else await MultiplexedConnection.open(self._pool)
        if not connection.takes_commands:
            return await self._execute_blocking(command)
        try:
            within_s = float(command[-1]) + SAYS_SO_WITHIN_S
            reply = await connection.send(hiredis.pack_command(command), within_s=within_s)
        except BaseException as error:
            if not isinstance(error, ResponseError):
                connection.close()
            raise
        if self._pool.is_ended:
            connection.close()
        else:
            self._free.append(connection)
        return self.response_callbacks[command[0]](reply)


class _MultiplexedPipeline(Pipeline):
    def __init__(self, line: SharedLine, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._line = line

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002  # redis-py's
        """Send what was kept; the replies in order.

        Raises:
            RedisError: one of the replies is one, or there are none.
        """
        if self.connection is None and not self.explicit_transaction and _may_share(self.command_stack):
            try:
                return await self._execute_shared(raise_on_error=raise_on_error)
            except (RedisError, OSError) as error:
                if shortage_of(error) is None:  # as above
                    raise
        return list(await super().execute(raise_on_error))

    async def _execute_shared(self, *, raise_on_error: bool) -> list[Any]:
        stack = self.command_stack
        replies = await self._line.execute_many(arguments for arguments, _options in stack)
        self.command_stack = []
        for number, (arguments, options) in enumerate(stack):
            if isinstance(replies[number], ResponseError):
                if raise_on_error:
                    raise replies[number]
            elif (callback := self.response_callbacks.get(arguments[0])) is not None:
                replies[number] = callback(replies[number], **options)
        return replies


def _may_share(stack: Sequence[tuple[Command, Any]]) -> bool:
    return bool(stack) and all(arguments[0] in _SHARED_IN_PIPELINES for arguments, _options in stack)
