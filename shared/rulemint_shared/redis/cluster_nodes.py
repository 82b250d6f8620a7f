"""The nodes of a cluster: which of them has which slot now, and a client of each.

Theory of operation. Once a second, and as soon as anything makes it doubt, a process asks every node that it knows for
the whole table. Where two nodes claim a slot, the higher configuration epoch is right, as it is for the nodes
themselves. So neither a node that was cut off nor one that was replaced misleads anybody for longer than it takes the
others to agree. A node that answers that a slot has moved is believed at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from redis.crc import REDIS_CLUSTER_HASH_SLOTS
from redis.exceptions import ClusterDownError, MovedError, RedisError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.redis.address import Address
from rulemint_shared.redis.multiplexed_redis import MultiplexedRedis
from rulemint_shared.redis.pool import SharingPool

log = structlog.get_logger(__name__)

LOOK_INTERVAL_S = 1.0
ANSWER_WITHIN_S = 1.0
AT_ONCE_S = 0.05
"""Between two looks, however often somebody doubts."""


@dataclass(frozen=True, order=True)
class Claim:
    """A node says that it has the slots from `first` to `last`."""

    epoch: int
    first: int
    last: int
    node: Address


class ClusterNodes:
    """Knows the owner of every slot."""

    def __init__(self, seeds: tuple[Address, ...], open_pool: Callable[[Address], SharingPool]) -> None:
        """*seeds*: where to ask first."""
        self._seeds = seeds
        self._open_pool = open_pool
        self._clients: dict[Address, MultiplexedRedis] = {}
        self._owners: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._doubted = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def client(self, node: Address) -> MultiplexedRedis:
        """The client of one node."""
        if node not in self._clients:
            self._clients[node] = MultiplexedRedis(self._open_pool(node))
        return self._clients[node]

    async def owner(self, slot: int) -> MultiplexedRedis:
        """The client of the node that has *slot*.

        Raises:
            ConnectionError: nobody says who that is.
        """
        node = self._owners[slot]
        if node is None:
            await self.look()
            node = self._owners[slot]
        if node is None:
            raise RedisConnectionError(f"no node of the cluster has slot {slot}")
        return self.client(node)

    async def owners(self) -> list[MultiplexedRedis]:
        """The clients of all nodes that have slots.

        Raises:
            ConnectionError: no node of the cluster answers.
        """
        await self.look()
        return [self.client(node) for node in sorted({node for node in self._owners if node is not None})]

    async def look(self) -> None:
        """Ask the cluster which node has which slot. Callers that come while somebody asks wait for the same answer.

        Raises:
            ConnectionError: no node answers.
        """
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(lambda looked: looked.cancelled() or looked.exception())
        await asyncio.shield(self._looking)

    async def follow(self) -> None:
        """Keep the table fresh, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    await self._doubted.wait()
            self._doubted.clear()
            try:
                await self.look()
            except (RedisError, OSError) as error:
                log.warning("could not ask the cluster who has what", error=str(error))
            await asyncio.sleep(AT_ONCE_S)

    def learn(self, moved: MovedError) -> None:
        """A node says who has a slot."""
        self._owners[moved.slot_id] = (moved.host, moved.port)
        self._doubted.set()

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """Notice errors that have to do with the cluster, and raise them as `ConnectionError`."""
        try:
            yield
        except MovedError as error:
            self.learn(error)
            raise RedisConnectionError(f"another node has the slot now: {error}") from error
        except (ClusterDownError, TryAgainError) as error:
            self._doubted.set()
            raise RedisConnectionError(f"the cluster cannot say now: {error}") from error
        except (RedisConnectionError, RedisTimeoutError, OSError):
            self._doubted.set()
            raise

    async def aclose(self) -> None:
        """Close all connections."""
        if self._looking is not None:
            self._looking.cancel()
        for client in self._clients.values():
            await client.aclose(close_connection_pool=True)
            await client.connection_pool.aclose()

    async def _look(self) -> None:
        known = {*self._seeds, *self._clients, *(node for node in self._owners if node is not None)}
        answers = await asyncio.gather(*(self._ask(node) for node in sorted(known)), return_exceptions=True)
        claims = sorted(claim for answer in answers if not isinstance(answer, BaseException) for claim in answer)
        if not claims:
            why = "; ".join(sorted({str(answer) for answer in answers if isinstance(answer, BaseException)}))
            raise RedisConnectionError(f"no node of the cluster in RULEMINT_REDIS_URL answers: {why}")
        owners: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        for claim in claims:
            owners[claim.first : claim.last + 1] = [claim.node] * (claim.last + 1 - claim.first)
        if any(owner is None for owner in owners):
            log.warning("some slots of the cluster have no node")
        self._owners = owners

    async def _ask(self, node: Address) -> list[Claim]:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                nodes = await self.client(node).execute_command("CLUSTER NODES")
        except TimeoutError:
            raise RedisTimeoutError(f"{node[0]}:{node[1]} does not answer") from None
        return [claim for place, about in nodes.items() for claim in _claims(place, about, asked=node)]


def _claims(place: str, about: dict[str, Any], *, asked: Address) -> Iterator[Claim]:
    """Return what redis-py read in one line of ``CLUSTER NODES``. A node without a name is where we *asked*."""
    if "master" not in about["flags"].split(","):
        return
    host, _, port = place.rpartition(":")
    node = (about.get("hostname") or host or asked[0], int(port))
    for slots in about["slots"]:
        yield Claim(int(about["epoch"]), int(slots[0]), int(slots[-1]), node)
