"""The connections that a client of Redis has, as many as it uses at once; where no more can be opened, they are shared.

A process without a free descriptor can still say what it has to say, if it waits its turn: with redis-py's own pool it
could neither answer nor be stopped.
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from rulemint_shared.deadline import Deadline
from rulemint_shared.process.shortages import shortage_of

WAIT_S = 2.0
"""For one of the connections that there are: longer than any of them is kept by who waits for something to happen."""
_LOOK_INTERVAL_S = 0.005


class SharingPool(ConnectionPool):
    """As redis-py's own, until no descriptor is left, or its client is closed."""

    is_ended = False
    """Its client is closed. A connection that were opened now would stay open, and a loop that closes waits for it."""

    def end(self) -> None:
        """Open no connection any more; those that are open are closed by who has them."""
        self.is_ended = True

    async def get_connection(self, *_what_for: Any, **_options: Any) -> AbstractConnection:
        """A connection that is open.

        Raises:
            RedisError, OSError: none can be opened, and none became free.
        """
        self._refuse_if_ended()
        connection: AbstractConnection = self.get_available_connection()  # type: ignore[no-untyped-call]  # redis-py has no types here
        try:
            await self.ensure_connection(connection)
        except (RedisError, OSError) as error:
            if shortage_of(error) is None:
                await self.release(connection)
                raise
            self._in_use_connections.discard(connection)  # it would be tried again before those that are open
            return await self._wait_for_one(error)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    async def open_to_keep(self) -> AbstractConnection:
        """A new connection for who keeps it; those that are open are left to be shared.

        Raises:
            RedisError, OSError: none can be opened.
        """
        self._refuse_if_ended()
        connection: AbstractConnection = self.make_connection()  # type: ignore[no-untyped-call]  # redis-py has no types here
        self._in_use_connections.add(connection)
        try:
            await connection.connect()  # type: ignore[no-untyped-call]  # as above
        except BaseException:
            self.take_out(connection)
            raise
        if self.is_ended:  # while it connected
            self.take_out(connection)
            await connection.disconnect(nowait=True)
            self._refuse_if_ended()
        return connection

    def take_out(self, connection: AbstractConnection) -> None:
        """Have no more to do with *connection*, which is closed."""
        self._in_use_connections.discard(connection)

    def _refuse_if_ended(self) -> None:
        if self.is_ended:
            raise RedisConnectionError("the client is closed")

    async def _wait_for_one(self, error: RedisError | OSError) -> AbstractConnection:
        deadline = Deadline.after(WAIT_S)
        while not deadline.passed():
            connected = (each for each in self._available_connections if each.is_connected)
            connection: AbstractConnection | None = next(connected, None)
            if connection is not None:
                self._available_connections.remove(connection)
                self._in_use_connections.add(connection)
                return connection
            if not self._in_use_connections:
                break
            await asyncio.sleep(_LOOK_INTERVAL_S)
        raise error
