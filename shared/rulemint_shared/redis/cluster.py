"""A client of a cluster. It is used like the client of one server.

Every command, script and transaction takes names of one tag (`keys`), so each goes to the one node that has it. Each
node has an ordinary client, with ordinary connections. A batch that is no transaction is divided among the nodes.
Messages go through sharded channels, so that a node hears only of those it has; who subscribes need not know.

redis-py has a cluster client of its own. In the release that arq and the runner can live with, it knows neither
transactions nor subscriptions; its parser of redirections and its slots are used here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from redis.asyncio.client import Pipeline
from redis.crc import key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError, RedisError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError

from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.cluster_nodes import ClusterNodes
from rulemint_shared.redis.multiplexed_redis import MultiplexedRedis
from rulemint_shared.redis.subscribed_connection import SubscribedConnection

MOST_REDIRECTIONS = 4
_WITHOUT_NAMES = {"CLIENT KILL", "CONFIG GET", "INFO", "PING", "TIME", "WAIT", "WAITAOF"}
_SHARDED = {"PUBLISH": "SPUBLISH", "PUBSUB CHANNELS": "PUBSUB SHARDCHANNELS"}

Command = tuple[tuple[Any, ...], dict[str, Any]]
"""The words that are sent, and redis-py's options."""


def slot_of(arguments: Sequence[Any]) -> int | None:
    """The slot of a command's first name; None if it has none."""
    name = arguments[0]
    if name in _WITHOUT_NAMES:
        return None
    if name in {"EVAL", "EVALSHA"}:
        first = arguments[3]
    elif name == "XREAD":
        first = arguments[arguments.index(b"STREAMS") + 1]
    else:
        first = arguments[1]
    return key_slot(first if isinstance(first, bytes) else str(first).encode())


HOME = key_slot(redis_keys.REVISION.encode())
"""The slot of commands without a name: one clock and one version are enough."""


class ClusterRedis(RedisClient):
    """All nodes."""

    def __init__(self, nodes: ClusterNodes, seed: MultiplexedRedis) -> None:
        """*seed*: any of the nodes; redis-py asks its pool how values are encoded."""
        super().__init__(seed.connection_pool)
        self._nodes = nodes

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Return what the node that has the command's name answers.

        Raises:
            RedisError: as that of one server; a node that is being replaced is a `ConnectionError`.
        """
        name, slot = _SHARDED.get(arguments[0], arguments[0]), slot_of(arguments)
        for _ in range(MOST_REDIRECTIONS):
            client = await self._nodes.owner(HOME if slot is None else slot)
            try:
                with self._nodes.noticing():
                    return await client.execute_command(name, *arguments[1:], **options)
            except AskError as error:
                return await self._ask((error.host, error.port), (name, *arguments[1:]), options)
            except RedisConnectionError as error:
                if not isinstance(error.__cause__, MovedError):
                    raise
        raise RedisConnectionError("the slot moved while it was asked for")

    async def _ask(self, node: tuple[str, int], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Ask the node that a slot is moving to for a name that has gone there already."""
        async with self._nodes.client(node).pipeline(transaction=False) as pipe:
            pipe.execute_command("ASKING")
            pipe.execute_command(*arguments, **options)
            with self._nodes.noticing():
                return (await pipe.execute())[1]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: ARG002, FBT001, FBT002  # redis-py's
        """Commands that are sent together; to one node if they are a *transaction*."""
        return ClusterPipeline(self, self._nodes, transaction=transaction)

    async def subscribe(self, channel: str) -> SubscribedConnection:
        """A subscription that hears *channel* of the node that has it, and has not been started.

        Raises:
            RedisError, OSError: there is none.
        """
        with self._nodes.noticing():
            owner = await self._nodes.owner(slot_of(("SSUBSCRIBE", channel)) or 0)
            return await owner.subscribe(channel, command="SSUBSCRIBE")

    async def owners(self) -> list[MultiplexedRedis]:
        """A client of each node that has slots.

        Raises:
            ConnectionError: no node answers.
        """
        return await self._nodes.owners()

    async def scan_iter(self, *arguments: Any, **options: Any) -> AsyncIterator[Any]:  # type: ignore[override]  # the stub is not async
        """The names of all nodes, one after the other."""
        for client in await self._nodes.owners():
            async for name in client.scan_iter(*arguments, **options):
                yield name


class ClusterPipeline(Pipeline):
    """Commands that are sent together."""

    def __init__(self, redis: ClusterRedis, nodes: ClusterNodes, *, transaction: bool) -> None:
        super().__init__(redis.connection_pool, redis.response_callbacks, transaction, None)
        self._redis = redis
        self._nodes = nodes

    def pipeline_execute_command(self, *arguments: Any, **options: Any) -> Pipeline:
        """Keep a command for `execute`."""
        name = _SHARDED.get(arguments[0], arguments[0])
        super().pipeline_execute_command(name, *arguments[1:], **options)  # type: ignore[no-untyped-call]  # redis-py has no types here
        return self

    async def immediate_execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Watch, or read what is watched: at the node that has it."""
        if self.connection is None:
            await self._go_to(slot_of(arguments))
        with self._nodes.noticing():
            return await super().immediate_execute_command(*arguments, **options)  # type: ignore[no-untyped-call]  # as above

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002  # redis-py's
        """Send what was kept; the answers in order.

        Raises:
            WatchError: what was watched has changed, or may have.
            ConnectionError: a node is being replaced; others may have carried out what is theirs.
        """
        if self.connection is not None:
            with self._nodes.noticing():
                return list(await super().execute(raise_on_error))
        if self.is_transaction or self.explicit_transaction:
            return await self._execute_at_one(raise_on_error=raise_on_error)
        stack, self.command_stack = cast("list[Command]", self.command_stack), []
        return await self._execute_apart(stack, raise_on_error=raise_on_error)

    async def _execute_at_one(self, *, raise_on_error: bool) -> list[Any]:
        """A node refuses the whole of a transaction whose slot has moved, so it can be sent once more."""
        stack = self.command_stack
        for _ in range(MOST_REDIRECTIONS):
            self.command_stack = [*stack]
            await self._go_to(next((slot for arguments, _ in stack if (slot := slot_of(arguments)) is not None), None))
            try:
                with self._nodes.noticing():
                    return list(await super().execute(raise_on_error))
            except RedisConnectionError as error:
                if not isinstance(error.__cause__, MovedError):
                    raise
        raise RedisConnectionError("the slot moved while a transaction was sent to it")

    async def _execute_apart(self, stack: list[Command], *, raise_on_error: bool) -> list[Any]:
        parts: dict[MultiplexedRedis, list[int]] = {}
        for number, slot in enumerate(_slots(stack)):
            parts.setdefault(await self._nodes.owner(slot), []).append(number)
        answers: list[Any] = [None] * len(stack)
        sent = [self._execute_part(client, [stack[n] for n in numbers]) for client, numbers in parts.items()]
        for numbers, part in zip(parts.values(), await asyncio.gather(*sent, return_exceptions=True), strict=True):
            for place, number in enumerate(numbers):
                answers[number] = part if isinstance(part, BaseException) else part[place]
        for number, (arguments, options) in enumerate(stack):
            if isinstance(answers[number], AskError):
                answers[number] = await self._redis.execute_command(*arguments, **options)
        for answer in answers:
            if isinstance(answer, BaseException) and (raise_on_error or not isinstance(answer, RedisError)):
                raise answer
            if isinstance(answer, RedisConnectionError):
                raise answer
        return answers

    async def _execute_part(self, client: MultiplexedRedis, commands: list[Command]) -> list[Any]:
        """The answers of one node, errors among them; those that redirect are for the caller.

        Raises:
            ConnectionError: the node serves a slot of them to nobody now.
        """
        async with client.pipeline(transaction=False) as pipe:
            pipe.command_stack = cast("list[Any]", commands)
            with self._nodes.noticing():
                answers = list(await pipe.execute(raise_on_error=False))
                for answer in answers:
                    if isinstance(answer, ClusterDownError | TryAgainError):
                        raise answer
                return answers

    async def _go_to(self, slot: int | None) -> None:
        self.connection_pool = (await self._nodes.owner(HOME if slot is None else slot)).connection_pool


def _slots(stack: list[Command]) -> list[int]:
    """The slot of each command; one without a name goes with that before it, as ``WAITAOF`` must."""
    slots = [slot_of(arguments) for arguments, _options in stack]
    last = next((slot for slot in slots if slot is not None), HOME)
    found = []
    for slot in slots:
        last = last if slot is None else slot
        found.append(last)
    return found


def publishing(redis: RedisClient) -> str:
    """The command by which a script publishes where *redis* leads."""
    return _SHARDED["PUBLISH"] if isinstance(redis, ClusterRedis) else "PUBLISH"
