"""The layout of the store: how its names are made. What an older version left is renamed once, at a gateway's start.

Theory of operation. The store says which layout it has. Where it says nothing, one gateway takes a lock, makes sure
that no process of an older version runs or can start, and renames key by key. Each renaming is atomic and finds its
name either old or new, so a gateway that is killed half way leaves nothing that the next start does not finish. The
others wait.
"""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import ResponseError

from rulemint_gateway.stores.layout.older_processes import living_processes
from rulemint_gateway.stores.layout.renaming import (
    LayoutError,
    count_old,
    keep_older_from_starting,
    rename_all,
)
from rulemint_shared import ids
from rulemint_shared.contract import redis_keys
from rulemint_shared.deadline import Deadline
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

LAYOUT = 2
"""1 had no tags."""
LOCKED_MS = 8_000
"""A gateway that is killed is followed by another after this long; one that lives renews its lock in time."""
ENDS_WITHIN_S = 4.0
"""A runner that was killed counts as alive for 2.5 s."""
LOOK_INTERVAL_S = 0.25


async def ensure_layout(redis: RedisClient) -> None:
    """Return once the store's names are those of this version.

    Raises:
        LayoutError: they are not, and cannot be made so now.
        RedisError, OSError: Redis does not answer.
    """
    lock, has_waited = f"{LAYOUT} {ids.random_text(16)}", False
    while not await _is_current(redis):
        if await redis.set(redis_keys.MOVING, lock, nx=True, px=LOCKED_MS):
            await _bring_up_to_date(redis)
            return
        holder = await redis.get(redis_keys.MOVING)
        if holder is not None and not holder.startswith(f"{LAYOUT} ".encode()):
            raise LayoutError("another version of Rulemint renames everything on this server: let it end, or stop it")
        if not has_waited:
            log.info("another gateway renames what an older version has left, waiting for it")
            has_waited = True
        await asyncio.sleep(LOOK_INTERVAL_S)


async def _is_current(redis: RedisClient) -> bool:
    """An empty server is looked through again: somebody may have restored the data of an older version."""
    layout = await redis.get(redis_keys.LAYOUT)
    if layout is None:
        return False
    if layout != str(LAYOUT).encode():
        raise LayoutError(
            f"this server's names have layout {layout[:20].decode(errors='replace')}, and this version knows {LAYOUT}: "
            "start the version that wrote them, or a later one"
        )
    return bool(await redis.exists(redis_keys.TENANTS))


async def _bring_up_to_date(redis: RedisClient) -> None:
    """Rename what has an old name; called with the lock."""
    try:
        if total := await count_old(redis):
            log.info("renaming what an older version has left", names=total)
            await _rename(redis, total)
            log.info("renamed what an older version had left", names=total)
        await redis.set(redis_keys.LAYOUT, LAYOUT)
    finally:
        await redis.delete(redis_keys.MOVING)


async def _rename(redis: RedisClient, total: int) -> None:
    done = 0
    try:
        await _refuse_if_older_stays(redis, Deadline.after(ENDS_WITHIN_S))
        await keep_older_from_starting(redis)
        async for renamed in rename_all(redis):
            await redis.pexpire(redis_keys.MOVING, LOCKED_MS)
            await _refuse_if_older_stays(redis, Deadline.after(0))
            done += renamed
            log.info("renaming", done=done, of=total)
    except ResponseError as error:
        if not str(error).startswith("CROSSSLOT"):
            raise
        raise LayoutError(
            "this server has names of an older version, which a cluster cannot rename: start this version once on a "
            "single server with this data (docs/upgrading.md)"
        ) from error


async def _refuse_if_older_stays(redis: RedisClient, deadline: Deadline) -> None:
    while living := await living_processes(redis):
        if deadline.passed():
            raise LayoutError(
                f"this server is in use by an older version of Rulemint ({', '.join(living[:5])}): stop all of its "
                "gateways and runners, then start this one again (docs/upgrading.md)"
            )
        await asyncio.sleep(LOOK_INTERVAL_S)
