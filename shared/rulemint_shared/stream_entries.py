"""Streams that are bounded by number, bytes and age, written many entries to a command.

A server can cap a stream by number and by age, but knows nothing of bytes. So beside each stream is a ledger: a hash
that says how many entries and bytes there are, and the same of each run of entries. There are some 64 runs; the oldest
goes when there is too much. All of it is one Lua script, so the ledger is always its stream's, however many write.

A stream without a ledger, or with entries that its ledger does not know (an older release wrote them, or somebody has
trimmed it by hand), is measured by the server and becomes one run, of which parts go by their average size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rulemint_shared import keys

if TYPE_CHECKING:
    from redis.asyncio.client import Pipeline

RUNS = 64
"""So many at most share what a stream may have: what is trimmed too early is less than one of them."""
ENTRY_BYTES = 40
"""What a server needs for an entry beside what is in it, about."""


class StreamBounds(NamedTuple):
    """What a stream may have."""

    entries: int
    """Kept, and up to 1/64 more."""
    bytes: int
    """Of memory, about; never more."""


def add_entries(
    pipe: Pipeline,
    stream: str,
    entries: Sequence[tuple[str | bytes, ...]],
    *,
    bounds: StreamBounds,
    not_before: str = "",
    expires_s: int = 0,
) -> None:
    """Queue on *pipe*: *entries* join *stream* in their order, and the oldest leave it until it is within its *bounds*.

    An entry is its fields' names and values in turn; all have the same number of fields. With *not_before*, entries
    with a lower id leave as well; with *expires_s* the stream goes if nothing joins it for so long.
    """
    if entries:
        words = (word for entry in entries for word in entry)
        numbers = (bounds.entries, bounds.bytes, not_before, expires_s, len(entries[0]))
        names = (stream, keys.ledger(stream))
        pipe.eval(_ADD, len(names), *names, *map(str, numbers), *words)  # type: ignore[arg-type]  # bytes are fine


_SCRIPT = f"""
local stream, ledger = KEYS[1], KEYS[2]
local most, limit, not_before = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local expires_s, words = tonumber(ARGV[4]), tonumber(ARGV[5])
local call = redis.call
local entries, bytes, first, last, id, count, size = 0, 0, 1, 1, '0-0', 0, 0
local known = call('HGET', ledger, 'state')
if known then
  entries, bytes, first, last, id, count, size = string.match(known, '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
  entries, bytes, first, last = tonumber(entries), tonumber(bytes), tonumber(first), tonumber(last)
  count, size = tonumber(count), tonumber(size)
end

local function measured() return call('MEMORY', 'USAGE', stream, 'SAMPLES', 0) or 0 end
local there = call('XLEN', stream)
if there ~= entries then
  call('DEL', ledger)
  entries, bytes, first, last, count, size = there, 0, 1, 1, 0, 0
  if there > 0 then
    bytes = measured()
    id, count, size = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1], there, bytes
  end
end

for at = 6, #ARGV, words do
  if count * {RUNS} >= most or size * {RUNS} >= limit then
    call('HSET', ledger, last, id .. ' ' .. count .. ' ' .. size)
    last, count, size = last + 1, 0, 0
  end
  id = call('XADD', stream, '*', unpack(ARGV, at, at + words - 1))
  local added = {ENTRY_BYTES}
  for word = at, at + words - 1 do added = added + #ARGV[word] end
  entries, bytes, count, size = entries + 1, bytes + added, count + 1, size + added
end

local function oldest()
  if first == last then return id, count, size end
  local id, count, size = string.match(call('HGET', ledger, first), '(%S+) (%S+) (%S+)')
  return id, tonumber(count), tonumber(size)
end
local function leave(gone, freed, of_count, of_size, of_id)
  entries, bytes = entries - gone, bytes - freed
  if first == last then
    count, size = of_count - gone, of_size - freed
  elseif gone < of_count then
    call('HSET', ledger, first, of_id .. ' ' .. of_count - gone .. ' ' .. of_size - freed)
  else
    call('HDEL', ledger, first)
    first = first + 1
  end
end

if not_before ~= '' then
  local gone = call('XTRIM', stream, 'MINID', '=', not_before)
  while gone > 0 do
    local id, count, size = oldest()
    local of_it = math.min(gone, count)
    leave(of_it, of_it == count and size or math.floor(size * of_it / count), count, size, id)
    gone = gone - of_it
  end
end
while entries > 0 and (bytes > limit or entries >= most * (1 + 1 / {RUNS}) + 1) do
  local id, count, size = oldest()
  if count == 1 or (count * {RUNS} < most * 2 and size * {RUNS} < limit * 2) then
    local ms, number = string.match(id, '(%d+)-(%d+)')
    call('XTRIM', stream, 'MINID', '=', ms .. '-' .. string.format('%.0f', tonumber(number) + 1))
    leave(count, size, count, size, id)
  else
    local gone = math.max(entries - most, 0)
    if bytes > limit then
      gone = math.max(gone, math.ceil((bytes - limit) * count / size), math.ceil(count / {RUNS}))
    end
    gone = math.min(gone, count)
    call('XTRIM', stream, 'MAXLEN', '=', entries - gone)
    local left = gone < count and math.min(size, math.max(0, measured() - (bytes - size))) or 0
    leave(gone, size - left, count, size, id)
  end
end
local now = {{entries, bytes, first, last, id, count, size}}
call('HSET', ledger, 'state', table.concat(now, ' '))
if expires_s > 0 then
  call('EXPIRE', stream, expires_s)
  call('EXPIRE', ledger, expires_s)
end
"""
_ADD = "\n".join(line.strip() for line in _SCRIPT.splitlines() if line)
"""A server hashes the text of a script each time, blanks too."""
