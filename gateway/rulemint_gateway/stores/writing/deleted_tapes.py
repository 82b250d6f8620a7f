"""Delete tapes: found in the list of a tenant's tapes, a part at a time, so that no command holds the server up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

AT_ONCE = 500
_WORDS = 4
"""Of a member of the sorted set, see `redis_keys.tapes_member`."""

_DELETE = """
local all, ledger, names = KEYS[1], KEYS[2], ARGV[1]
local gone = 0
for place = 2, #ARGV, 3 do
  local member, id, size = ARGV[place], ARGV[place + 1], ARGV[place + 2]
  if redis.call('ZREM', all, member) == 1 then
    gone = gone + redis.call('UNLINK', names .. id)
    redis.call('HINCRBY', ledger, 'bytes', -tonumber(size))
  end
end
return gone
"""


class ListedTape(NamedTuple):
    """One tape, as the list of a tenant's tapes has it."""

    exchange_id: str
    client_id: str
    size: int
    rule_ids: list[str]


def listed_tape(member: bytes) -> ListedTape | None:
    """Read one member of the list; None if it is none of ours."""
    words = member.decode(errors="replace").split(" ")
    if len(words) != _WORDS or not (words[2].isascii() and words[2].isdigit()):
        return None
    return ListedTape(words[0], words[1], int(words[2]), words[3].split(","))


async def delete_tapes(redis: RedisClient, tenant: str, is_meant: Callable[[ListedTape], bool]) -> int:
    """Delete the tapes that *is_meant* says; return how many were there.

    Each tape that is listed all the time is looked at. One that is listed after this began may be missed.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    deleted, cursor = 0, 0
    while True:
        cursor, found = await redis.zscan(redis_keys.tapes(tenant), cursor, count=AT_ONCE)
        members = [member for member, _made_ms in found]
        for start in range(0, len(members), AT_ONCE):  # a short list comes whole, whatever was asked for
            meant = [
                (member, tape)
                for member in members[start : start + AT_ONCE]
                if (tape := listed_tape(member)) is not None and is_meant(tape)
            ]
            deleted += await _delete(redis, tenant, meant) if meant else 0
        if not cursor:
            return deleted


async def _delete(redis: RedisClient, tenant: str, tapes: Sequence[tuple[bytes, ListedTape]]) -> int:
    all_of_tenant = redis_keys.tapes(tenant)
    arguments: list[str | int | bytes] = [redis_keys.tape(tenant, "")]
    for member, tape in tapes:
        arguments += [member, tape.exchange_id, tape.size]
    return int(await run_script(redis, _DELETE, [all_of_tenant, redis_keys.ledger(all_of_tenant)], arguments))
