"""Tags of Redis names, and where a cluster keeps the names of one tag: all of them on one node.

Each shard of the queue has a tag whose slot is far from those of the others, so that shards are spread over nodes.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable
from functools import cache
from itertools import chain, count
from zlib import crc32

_SLOTS = 16_384
_NEAR = 48


def tag(name: str) -> str:
    """Find what a cluster places *name* by: the text between its first brace and the next closing one, or all of it."""
    _before, opened, rest = name.partition("{")
    inside, closed, _after = rest.partition("}")
    return inside if opened and closed and inside else name


def by_tag(names: Iterable[str]) -> list[list[str]]:
    """*names* in groups, each of one tag."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(tag(name), []).append(name)
    return list(groups.values())


def slot(text: str) -> int:
    """Calculate the slot of names whose tag is *text*: CRC16 (XMODEM) of it."""
    return crc_hqx(text.encode(), 0) % _SLOTS


@cache
def queue_tag(shard: int) -> str:
    """The tag of a shard of the queue: one whose slot is far from those of the others.

    The first three are a third of all slots apart, the first six a sixth, the first twelve a twelfth. So three nodes
    that have as many slots each have as many shards each.
    """
    place = (shard % 3 + _mirrored(shard // 3)) / 3
    wanted = slot("queue:0") + round(place * _SLOTS)
    candidates = chain([f"queue:{shard}"], (f"queue:{shard}.{number}" for number in count(1)))
    return next(each for each in candidates if (slot(each) - wanted + _NEAR) % _SLOTS <= 2 * _NEAR)


def _mirrored(number: int) -> float:
    """0, 1, 2, 3 … → 0, 1/2, 1/4, 3/4 …: the binary digits behind the point, in reverse (van der Corput)."""
    return int(f"{number:b}"[::-1], 2) / (1 << number.bit_length())


def shard_of(tenant: str, shards: int) -> int:
    """The shard, of so many, that a tenant's jobs go to."""
    return crc32(tenant.encode()) % shards if shards > 1 else 0
