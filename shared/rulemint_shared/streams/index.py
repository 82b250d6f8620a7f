"""An index of a stream, made by the script that adds to it: which entries have a name, and when what they tell began.

Theory of operation. The index is one hash. It has segments of some thousand entries, numbered upwards. A segment has
*blocks*, one for each addition: the id of its first entry, their number, and the time at which each began. The ids
of an addition follow each other. Each name that an entry is found by has *postings*. There is one for each
addition: the id of its first entry, the number of its entries that have the name, and their places. A name is 8 bytes
of a hash, so a reader looks at what it found.

An addition costs two commands more, and adds to one string for each different name. A segment leaves with the last of
its entries. The hash can be lost at any time: what it does not cover is searched in the stream itself.

A segment says which entry of the stream was the newest before its own first one. If that is not the last of the segment
before, somebody has added entries and no names to the stream: a release that knew no index. A reader sees the gap.

| field | value |
|---|---|
| ``state`` | first segment, last segment, entries and blocks of the last one, newest id |
| ``<n>`` | of segment n: id before its first entry, newest id, entries, earliest and latest beginning in ms |
| ``<n>/`` | its blocks: ms (6 bytes) and number (4) of the first id, entries (2), then 6 bytes for each beginning |
| ``<n>:<name>`` | postings of a name: first id as above, entries (2), then 2 bytes for each |
| ``<n>*`` | its names, so that they leave with it |
"""

from __future__ import annotations

from typing import NamedTuple

NAME_BYTES = 8
MS_BYTES, NUMBER_BYTES = 6, 4
COUNT_BYTES = 2
MOST_IN_A_BLOCK = 2 ** (8 * COUNT_BYTES) - 1
LEAST_IN_A_SEGMENT, MOST_IN_A_SEGMENT = 64, 4_096
MOST_BLOCKS = 1_024
"""In a segment: what an addition copies to add to it is some ten KiB, however few entries each addition has."""
SEGMENTS = 16
"""So many at least share what a small stream may have."""
MOST_SEGMENTS = 100_000
"""A state that spells more is none."""
ENTRY_BYTES = 40
"""Bytes that a server needs for what the index has of an entry, about."""


class Names(NamedTuple):
    """The names by which the entries of one addition are found; there are `MOST_IN_A_BLOCK` entries at most."""

    key: str
    """Of the index."""
    began: bytes
    """`MS_BYTES` for each entry: when what it tells began, in ms since the epoch."""
    earliest_ms: int
    latest_ms: int
    postings: bytes
    """Each name, the number of its entries, and their places in the addition, `COUNT_BYTES` each."""


def no_names(key: str) -> Names:
    """The names of no entries, for an addition that only has entries of the stream with this index leave."""
    return Names(key, b"", 0, 0, b"")


INDEX_SCRIPT = f"""
local function is_state(state)
  local head, tail, rows, blocks = string.match(state, '^(%d+) (%d+) (%d+) (%d+) %d+%-%d+$')
  if not head or #head > 15 or #tail > 15 or #rows > 15 or #blocks > 15 then return false end
  local segments = tonumber(tail) - tonumber(head) + 1
  return segments >= 0 and segments <= {MOST_SEGMENTS}
end

local function drop(index, segment)
  local names = call('HGET', index, segment .. '*') or ''
  local fields = {{segment, segment .. '/', segment .. '*'}}
  for at = 1, #names, {NAME_BYTES} do
    table.insert(fields, segment .. ':' .. string.sub(names, at, at + {NAME_BYTES - 1}))
    if #fields > 1000 then
      call('HDEL', index, unpack(fields))
      fields = {{}}
    end
  end
  if #fields > 0 then call('HDEL', index, unpack(fields)) end
end

local function add_names(index, state, before, ms, number, many, at)
  local head, tail, rows, blocks, newest = 1, 0, 0, 0, ''
  if state then
    head, tail, rows, blocks, newest = string.match(state, '^(%d+) (%d+) (%d+) (%d+) (%d+%-%d+)$')
    head, tail, rows, blocks = tonumber(head), tonumber(tail), tonumber(rows), tonumber(blocks)
  end
  local full = math.max({LEAST_IN_A_SEGMENT}, math.min({MOST_IN_A_SEGMENT}, math.floor(most / {SEGMENTS})))
  local earliest, latest = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local goes_on = tail >= head and rows < full and blocks < {MOST_BLOCKS} and newest == before
  local meta = goes_on and call('HGET', index, tail) or ''
  local previous, low, high = string.match(meta, '^(%d+%-%d+) %d+%-%d+ %d+ (%d+) (%d+)$')
  if previous then
    earliest, latest = math.min(earliest, tonumber(low)), math.max(latest, tonumber(high))
  else
    previous, tail, rows, blocks = before, tail + 1, 0, 0
  end
  newest = string.format('%s-%.0f', ms, number + many - 1)
  local fresh, block = '', struct.pack('>I{MS_BYTES}I{NUMBER_BYTES}', tonumber(ms), number)
  local postings, from = ARGV[at + 3], 1
  while from <= #postings do
    local fields, places = {{}}, {{}}
    while from <= #postings and #fields < 400 do
      local high, low = string.byte(postings, from + {NAME_BYTES}, from + {NAME_BYTES + 1})
      local ends = from + {NAME_BYTES - 1 + COUNT_BYTES} + {COUNT_BYTES} * (high * 256 + low)
      fields[#fields + 1] = tail .. ':' .. string.sub(postings, from, from + {NAME_BYTES - 1})
      places[#places + 1] = string.sub(postings, from + {NAME_BYTES}, ends)
      from = ends + 1
    end
    local had, set = call('HMGET', index, unpack(fields)), {{}}
    for each = 1, #fields do
      if not had[each] then fresh = fresh .. string.sub(fields[each], -{NAME_BYTES}) end
      set[2 * each - 1] = fields[each]
      set[2 * each] = (had[each] or '') .. block .. places[each]
    end
    call('HSET', index, unpack(set))
  end
  local had = call('HMGET', index, tail .. '/', tail .. '*')
  rows, blocks = rows + many, blocks + 1
  call('HSET', index,
    tail .. '/', (had[1] or '') .. block .. struct.pack('>I{COUNT_BYTES}', many) .. ARGV[at],
    tail .. '*', (had[2] or '') .. fresh,
    tail, string.format('%s %s %.0f %.0f %.0f', previous, newest, rows, earliest, latest),
    'state', string.format('%.0f %.0f %.0f %.0f %s', head, tail, rows, blocks, newest))
  return head, tail
end

local function forget_names(index, head, tail)
  local oldest = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not oldest then return call('DEL', index) end
  local ms, number = string.match(oldest[1], '(%d+)-(%d+)')
  ms, number = tonumber(ms), tonumber(number)
  local first = head
  while head < tail do
    local newest = string.match(call('HGET', index, head) or '', '^%d+%-%d+ (%d+%-%d+) ')
    if newest then
      local its_ms, its_number = string.match(newest, '(%d+)-(%d+)')
      its_ms, its_number = tonumber(its_ms), tonumber(its_number)
      if its_ms > ms or (its_ms == ms and its_number >= number) then break end
    end
    drop(index, head)
    head = head + 1
  end
  if head > first then
    local rest = string.match(call('HGET', index, 'state'), ' .*')
    call('HSET', index, 'state', string.format('%.0f', head) .. rest)
  end
end
"""
"""Functions of the script that adds to a stream (`rulemint_shared.streams.entries`), which has *stream* and *most*."""
