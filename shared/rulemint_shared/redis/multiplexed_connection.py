"""One connection to the server that many callers share: replies come in the order in which commands were sent.

redis-py opens the connection, so address, TLS, authentication, Sentinel and the greeting are as for every other one.
Then its transport is taken over: from there on a command costs one write, one future and hiredis. Commands of one turn
of the loop leave together, and nobody waits for a free connection.

Nobody ever gets another's reply. A command whose caller has left keeps its place. A connection whose reply is late, or
that says what nobody asked for, is closed, and all that wait on it fail.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Self, cast

import hiredis
from redis.asyncio.connection import DefaultParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.redis.pool import SharingPool
from rulemint_shared.redis.sockets import ClosesItself, leaves_it_unusable

MAX_IN_FLIGHT_BYTES = 4 * 1024 * 1024
"""Of commands without a reply; later callers wait. One command may be larger."""
Command = tuple[Any, ...]
"""The words of a command, as redis-py takes them."""
_INCOMPLETE = object()


class TakenOverConnection(asyncio.Protocol):
    """The transport of one of redis-py's connections, and a parser of our own."""

    def __init__(self, pool: SharingPool, connection: ClosesItself) -> None:
        """*connection* is open and idle, and *pool* was told that it is kept."""
        self._pool = pool
        self._connection = connection
        parser = pool.connection_kwargs.get("parser_class", DefaultParser)
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse, replyError=parser.parse_error, notEnoughData=_INCOMPLETE
        )
        self._loop = asyncio.get_running_loop()
        self._transport = connection.transport
        self._before = self._transport.get_protocol()
        self._transport.set_protocol(self)

    @classmethod
    async def open(cls, pool: SharingPool) -> Self:
        """One more connection of *pool*, taken over.

        Raises:
            RedisError, OSError: there is none.
        """
        return cls(pool, cast("ClosesItself", await pool.open_to_keep()))

    def data_received(self, data: bytes) -> None:
        """Take each reply in *data* that is complete."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _INCOMPLETE:
                self._take(reply)
        except InvalidResponse as error:
            self._give_up(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: redis-py hears of it, too."""
        self._before.connection_lost(exc)
        self._give_up(RedisConnectionError(f"the connection was lost: {exc or 'the server closed it'}"))

    def close(self) -> None:
        """Close the connection; who waits for a reply fails."""
        self._give_up(RedisConnectionError("the connection was closed"))

    def _write(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except RuntimeError as error:  # uvloop: the transport's handler is closed
            self._give_up(RedisConnectionError(f"the connection was reset while it was written to: {error}"))

    def _take(self, reply: Any) -> None:
        raise NotImplementedError

    def _give_up(self, why: Exception) -> None:  # noqa: ARG002  # for those who have somebody to tell
        """Nothing is sent or read any more; may be called again."""
        self._transport.abort()
        self._connection.abandon()
        self._pool.take_out(self._connection)


class _Awaited:
    """A caller that waits for its replies."""

    __slots__ = ("due_s", "future", "missing", "replies", "size")

    def __init__(
        self, future: asyncio.Future[Any], due_s: float, size: int, replies: list[Any] | None, missing: int
    ) -> None:
        self.future = future
        self.due_s = due_s
        self.size = size
        self.replies = replies
        """None for one command, whose reply is the result, or is raised."""
        self.missing = missing


class MultiplexedConnection(TakenOverConnection):
    """Commands out, replies in."""

    def __init__(self, pool: SharingPool, connection: ClosesItself) -> None:
        super().__init__(pool, connection)
        self._awaited: deque[_Awaited] = deque()
        self._in_flight_bytes = 0
        self._within_s: float = pool.connection_kwargs["socket_timeout"]
        self._timer: asyncio.TimerHandle | None = None
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.takes_commands = True
        """Otherwise it is closed, or will be as soon as the last reply is here."""

    def send(self, data: bytes, *, within_s: float | None = None) -> asyncio.Future[Any]:
        """The reply to the command that *data* encodes.

        The future raises what the reply says (a `ResponseError`), `TimeoutError`, or `ConnectionError`. A command that
        blocks says *within_s*, and is alone on its connection.
        """
        return self._send(data, None, 1, within_s or self._within_s)

    def send_many(self, data: bytes, count: int) -> asyncio.Future[Any]:
        """As `send`, for so many commands: the list of their replies, with errors among them."""
        return self._send(data, [], count, self._within_s)

    @property
    def is_full(self) -> bool:
        """Tell whether a caller that comes now has to wait for `room`."""
        return self._in_flight_bytes > MAX_IN_FLIGHT_BYTES

    async def room(self) -> None:
        """Wait until there is room for another command, or the connection is lost."""
        await self._has_room.wait()

    def _send(self, data: bytes, replies: list[Any] | None, count: int, within_s: float) -> asyncio.Future[Any]:
        future = self._loop.create_future()
        size = len(data)
        self._awaited.append(_Awaited(future, self._loop.time() + within_s, size, replies, count))
        self._in_flight_bytes += size
        if self.is_full:
            self._has_room.clear()
        if self._timer is None:
            self._timer = self._loop.call_later(within_s, self._look_at_the_time)
        self._write(data)
        return future

    def _take(self, reply: Any) -> None:
        if not self._awaited:
            # From here on no reply could be told to belong to its command.
            self._give_up(RedisConnectionError("the server said what nobody asked for"))
            return
        if isinstance(reply, RedisConnectionError | ResponseError) and _ends_it(reply):
            # Replies to what was sent before still come, so it closes after the last one.
            self.takes_commands = False
        awaited = self._awaited[0]
        if awaited.replies is not None:
            awaited.replies.append(reply)
            awaited.missing -= 1
            if awaited.missing:
                return
            reply = awaited.replies
        self._awaited.popleft()
        self._in_flight_bytes -= awaited.size
        if not (self.is_full or self._has_room.is_set()):
            self._has_room.set()
        if not awaited.future.done():
            if isinstance(reply, Exception):
                awaited.future.set_exception(reply)
            else:
                awaited.future.set_result(reply)
        if not self.takes_commands and not self._awaited:
            self.close()

    def _look_at_the_time(self) -> None:
        """One timer for all: replies come in order, so only the oldest command can be late."""
        self._timer = None
        if not self._awaited:
            return
        left_s = self._awaited[0].due_s - self._loop.time()
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._look_at_the_time)
        else:
            self._give_up(RedisTimeoutError("the server did not answer in time"))

    def _give_up(self, why: Exception) -> None:
        self.takes_commands = False
        super()._give_up(why)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._has_room.set()
        while self._awaited:
            awaited = self._awaited.popleft()
            if not awaited.future.done():
                awaited.future.set_exception(type(why)(*why.args))
            if isinstance(why, RedisTimeoutError):  # the others are not late: theirs was never read
                why = RedisConnectionError("a reply before it was late, so the connection was closed")


def _ends_it(error: RedisConnectionError | ResponseError) -> bool:
    return isinstance(error, RedisConnectionError | ReadOnlyError) or leaves_it_unusable(error)
