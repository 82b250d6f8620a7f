"""Garbage in every key and channel that `keys` spells: it is left out or refused, and nothing else fails with it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from redis.exceptions import ResponseError

from fixtures.breakable import Breakable
from fixtures.faults import Fault, Happens, cases, gone_through
from rulemint_shared.contract import redis_keys

pytestmark = pytest.mark.timeout(120)

NONSENSE = b"\xc1\xff nonsense"
ARQ = ("arq:job:", "arq:in-progress:", "arq:result:")
FOR_S = 0.3
MORE_THAN_ARE_KEPT = 100_000
LEFT_OUT = frozenset({400, 401, 403, 404})
"""What clients are answered whose records, or whose tenant's, cannot be read."""
CONFIGURED = {"TENANTS", "clients", "client_grants", "resource_servers", "signing_keys"}
"""Without these records somebody is refused."""
BRIEF = {"REVISION", "clients", "rules", "signing_keys", "queue", "wake_up", "RUNNERS", "arq:job:"}


def every_name() -> dict[str, str]:
    """Name of a constant or function of `keys` → a pattern of what it spells."""
    found: dict[str, Any] = {}
    for name, what in vars(redis_keys).items():
        if callable(what) and what.__module__ == redis_keys.__name__ and not name.startswith("_"):
            texts = [0 if each.annotation == "int" else "*" for each in inspect.signature(what).parameters.values()]
            found[name] = what(*texts)
        elif isinstance(what, str) and name.isupper() and name != "PREFIX":
            found[name] = what
    names = {name: what for name, what in found.items() if isinstance(what, str) and what.startswith(redis_keys.PREFIX)}
    return names | {prefix: f"{prefix}*" for prefix in ARQ}


def spoil_values(server: Any, key: bytes) -> None:
    """What is in it becomes nonsense; what it is stays."""
    kind = server.type(key)
    if kind == b"hash":
        server.hset(key, mapping=dict.fromkeys([*server.hkeys(key), b"more"], NONSENSE))
    elif kind == b"zset":
        server.zadd(key, {NONSENSE: 2**52, b"": 1})
    elif kind == b"list":
        server.lpush(key, NONSENSE, b"")
    elif kind == b"stream":
        server.xadd(key, {b"record": NONSENSE})
        server.xadd(key, {NONSENSE: b""})
    else:
        server.set(key, NONSENSE, keepttl=True)


def change_type(server: Any, key: bytes) -> None:
    kind = server.type(key)
    server.delete(key)
    if kind == b"string":
        server.rpush(key, NONSENSE)
    else:
        server.set(key, NONSENSE)


Spoil = Callable[[Any, bytes], None]
SPOILS: dict[str, Spoil] = {"nonsense": spoil_values, "another type": change_type}


def spoiled(pattern: str, spoil: Spoil) -> Happens:
    """All keys of that name, or one if there is none; afterwards they are what they were."""

    async def happens(system: Breakable) -> None:
        with system.redis() as server:
            names = list(server.scan_iter(pattern, count=10_000)) or [pattern.replace("*", "x").encode()]
            before = {name: (server.dump(name), max(server.pttl(name), 0)) for name in names}
            try:
                for name in names:
                    spoil(server, name)
                have_all_read_again(server)
                await asyncio.sleep(FOR_S)
            finally:
                for name, (value, lives_ms) in before.items():
                    server.delete(name)
                    if value is not None:
                        server.restore(name, lives_ms, value, replace=True)
                have_all_read_again(server)

    return happens


def have_all_read_again(server: Any) -> None:
    """Gateways that have missed more changes than are kept read everything."""
    with suppress(ResponseError):  # the revision may be what is spoiled
        server.incrby(redis_keys.REVISION, MORE_THAN_ARE_KEPT)
    server.publish(redis_keys.CHANGES, NONSENSE)


def said_on_channels(pattern: str) -> Happens:
    async def happens(system: Breakable) -> None:
        with system.redis() as server:
            for channel in server.pubsub_channels(pattern):
                for message in (NONSENSE, b"", b"\x80", b"x" * 1_000_000):
                    server.publish(channel, message)
            await asyncio.sleep(FOR_S)

    return happens


IN_KEYS = [
    Fault(
        f"{kind} in {name}",
        spoiled(pattern, spoil),
        is_slow=name not in BRIEF or kind != "nonsense",
        may_refuse=LEFT_OUT if name in CONFIGURED else frozenset(),
        writes_are_safe=name != "clients" and (name, kind) != ("audit", "another type"),
    )
    for name, pattern in every_name().items()
    for kind, spoil in SPOILS.items()
]
ON_CHANNELS = [Fault("nonsense on every channel", said_on_channels("*"))]


@pytest.mark.parametrize("fault", cases([*IN_KEYS, *ON_CHANNELS]))
async def test_no_token_is_wrong_nothing_is_500_and_tokens_come_again(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)
