"""One connection that listens to one channel: what is published is handed over where its bytes arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import hiredis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.redis.multiplexed_connection import Command, TakenOverConnection
from rulemint_shared.redis.pool import SharingPool
from rulemint_shared.redis.sockets import ClosesItself

_SIGN_OF_LIFE: Command = ("PING", "rulemint")

OnMessage = Callable[[bytes], None]


class SubscribedConnection(TakenOverConnection):
    """Nothing is handed over before `start`, and nothing is lost until then."""

    def __init__(self, pool: SharingPool, connection: ClosesItself) -> None:
        super().__init__(pool, connection)
        self.heard_s = self._loop.time()
        """The time at which the server last said anything."""
        self.ended: asyncio.Future[BaseException] = self._loop.create_future()
        """The reason why nothing more will be heard."""
        self._answered: asyncio.Future[BaseException | None] = self._loop.create_future()
        """The reason why the server did not let us subscribe, if it did not."""
        self._hand_over: OnMessage | None = None
        self._early: list[bytes] = []
        """Messages that came with the confirmation."""

    async def subscribe(self, command: str, channel: str) -> None:
        """Listen to *channel*; *command* is ``SUBSCRIBE``, or ``SSUBSCRIBE`` in a cluster.

        Raises:
            RedisError: the server refuses, does not answer, or the connection was lost.
        """
        words: Command = (command, channel)
        self._write(hiredis.pack_command(words))
        within_s = self._pool.connection_kwargs["socket_timeout"]
        try:
            await asyncio.wait({self._answered}, timeout=within_s)
        finally:
            if not self._answered.done():
                self._give_up(RedisTimeoutError(f"no answer to {command} within {within_s:g} s"))
        if (refusal := self._answered.result()) is not None:
            raise refusal

    def start(self, on_message: OnMessage) -> None:
        """Hand over what has come, and all that comes later."""
        self.heard_s = self._loop.time()
        self._hand_over = on_message
        for message in self._early:
            self._try_to_hand_over(message)
        self._early.clear()
        if not self.ended.done():
            self._transport.resume_reading()

    def ask_for_a_sign_of_life(self) -> None:
        """Ask the server to say something."""
        if not self.ended.done():
            self._write(hiredis.pack_command(_SIGN_OF_LIFE))

    def data_received(self, data: bytes) -> None:
        """Take what the server says."""
        self.heard_s = self._loop.time()
        super().data_received(data)

    def _take(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            self._give_up(reply)
        elif not isinstance(reply, list):
            return
        elif reply[0] in {b"message", b"smessage"}:
            if self._hand_over is None:
                self._early.append(reply[2])
            else:
                self._try_to_hand_over(reply[2])
        elif reply[0] in {b"subscribe", b"ssubscribe"} and not self._answered.done():
            self._answered.set_result(None)
            self._transport.pause_reading()
        elif reply[0] in {b"unsubscribe", b"sunsubscribe"}:
            self._give_up(RedisConnectionError("the channel's slot has moved"))

    def _try_to_hand_over(self, message: bytes) -> None:
        """A bug of who listens is raised where it waits for the end."""
        try:
            if self._hand_over is not None and not self.ended.done():
                self._hand_over(message)
        except Exception as error:  # noqa: BLE001  # as said
            self._give_up(error)

    def _give_up(self, why: Exception) -> None:
        if not self.ended.done():
            self.ended.set_result(why)
        if not self._answered.done():
            self._answered.set_result(why)
        super()._give_up(why)
