"""The script that adds entries to a stream, and has the oldest leave until the stream is within its bounds.

A server can cap a stream by number and by age, but knows nothing of bytes. So each stream has a ledger: a hash that
says how many entries and bytes there are, and the same of each run of entries. There are some 64 runs; the oldest goes
when there is too much. All of it is one Lua script, so the ledger is always its stream's, however many write.

A stream may have no ledger, or entries that its ledger does not know: an older release wrote them, or somebody has
trimmed it by hand. The server measures such a stream, and it becomes one run, of which parts go by their average size.

The ledger of a numbered stream says where the numbering begins (``numbered``: the newest id, and the first that could
be given). It begins anew where others wrote.
"""

from __future__ import annotations

import hashlib

from rulemint_shared.streams.index import ENTRY_BYTES as INDEXED_BYTES
from rulemint_shared.streams.index import INDEX_SCRIPT

RUNS = 64
"""So many at most share what a stream may have: what is trimmed too early is less than one of them."""
ENTRY_BYTES = 40
"""Bytes that a server needs for an entry besides its content, about."""
WRITERS = 48
"""So many are remembered at least; of more, those that have not written for `FORGOTTEN_MS`."""
FORGOTTEN_MS = 600_000
FAR = 2**20
"""A numbering that begins behind what others wrote begins so far away: none of their numbers is right before it."""
NUMBERED_FIELD = "numbered"
"""Of a ledger: the newest id, and where the numbering begins."""

_SCRIPT = f"""
local stream, ledger = KEYS[1], KEYS[2]
local most, limit, not_before = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local expires_s, words, writer, batch = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
local lost, counted, named = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10] ~= ''
local call = redis.call
{INDEX_SCRIPT}
local names = 11 + counted
local content = named and names + 4 or names
local entries, bytes, first, last, id, count, size = 0, 0, 1, 1, '0-0', 0, 0
local known = call('HMGET', ledger, 'state', '{NUMBERED_FIELD}', writer)
if known[3] and tonumber(string.match(known[3], '%d+')) >= batch then return end
if known[1] then
  entries, bytes, first, last, id, count, size = string.match(known[1], '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
  entries, bytes, first, last = tonumber(entries), tonumber(bytes), tonumber(first), tonumber(last)
  count, size = tonumber(count), tonumber(size)
end

local function measured() return call('MEMORY', 'USAGE', stream, 'SAMPLES', 0) or 0 end
local there = call('XLEN', stream)
if there ~= entries then
  for _, field in ipairs(call('HKEYS', ledger)) do
    if tonumber(field) then call('HDEL', ledger, field) end
  end
  entries, bytes, first, last, count, size = there, 0, 1, 1, 0, 0
  if there > 0 then
    bytes = measured()
    id, count, size = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1], there, bytes
  end
end

local index, indexed, newest_before = KEYS[3], nil, id
if named then
  indexed = redis.pcall('HGET', index, 'state')
  if there == 0 or (indexed and (indexed.err or not is_state(indexed))) then
    call('DEL', index)
    indexed = nil
  end
end

local ms, number, begins
if lost then
  local now, newest, last_ms = call('TIME'), nil, nil
  if known[2] then newest, begins = string.match(known[2], '(%S+) (%S+)') end
  last_ms, number = string.match(id, '(%d+)-(%d+)')
  ms, number = math.max(now[1] * 1000 + math.floor(now[2] / 1000), tonumber(last_ms)), tonumber(number)
  if number > 2 ^ 52 then ms, number, newest = math.max(ms, last_ms + 1), 0, nil end
  if newest ~= id then
    if id ~= '0-0' then number = (math.floor(number / {FAR}) + 1) * {FAR} end
    begins = string.format('%.0f-%.0f', ms, number + 1)
  end
  number = number + lost
end
for at = 11, 10 + counted, 2 do call('HINCRBY', KEYS[#KEYS], ARGV[at], ARGV[at + 1]) end
local first_ms, first_number
for at = content, #ARGV, words do
  if count * {RUNS} >= most or size * {RUNS} >= limit then
    call('HSET', ledger, last, id .. ' ' .. count .. ' ' .. size)
    last, count, size = last + 1, 0, 0
  end
  local name = '*'
  if lost then
    number = number + 1
    name = string.format('%.0f-%.0f', ms, number)
  elseif first_ms then
    name = string.format('%s-%.0f', first_ms, first_number + (at - content) / words)
  end
  id = call('XADD', stream, name, unpack(ARGV, at, at + words - 1))
  if named and not first_ms then
    first_ms, first_number = string.match(id, '(%d+)-(%d+)')
    first_number = tonumber(first_number)
  end
  local added = named and {ENTRY_BYTES + INDEXED_BYTES} or {ENTRY_BYTES}
  for word = at, at + words - 1 do added = added + #ARGV[word] end
  entries, bytes, count, size = entries + 1, bytes + added, count + 1, size + added
end

local head, tail
if first_ms then
  local many = (#ARGV - content + 1) / words
  head, tail = add_names(index, indexed, newest_before, first_ms, first_number, many, names)
elseif indexed then
  head, tail = string.match(indexed, '^(%d+) (%d+)')
  head, tail = tonumber(head), tonumber(tail)
end

local before_trim = entries
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
if tail and entries < before_trim then forget_names(index, head, tail) end
local kept = {{'state', table.concat({{entries, bytes, first, last, id, count, size}}, ' ')}}
if lost then
  table.insert(kept, '{NUMBERED_FIELD}')
  table.insert(kept, id .. ' ' .. begins)
end
if writer ~= '' then
  local ms = string.match(id, '%d+')
  if not known[3] and call('HLEN', ledger) > {RUNS + WRITERS} then
    local all = call('HGETALL', ledger)
    for at = 1, #all, 2 do
      local of_writer = string.sub(all[at], 1, 1) == '@'
      if of_writer and string.match(all[at + 1], ' (%d+)') + {FORGOTTEN_MS} < tonumber(ms) then
        call('HDEL', ledger, all[at])
      end
    end
  end
  table.insert(kept, writer)
  table.insert(kept, batch .. ' ' .. ms)
end
call('HSET', ledger, unpack(kept))
if expires_s > 0 then
  call('EXPIRE', stream, expires_s)
  call('EXPIRE', ledger, 2 * expires_s)
elseif not_before ~= '' then
  for place = 1, named and 3 or 2 do call('PERSIST', KEYS[place]) end
end
"""
ADD = "\n".join(line.strip() for line in _SCRIPT.splitlines() if line)
ADD_SHA1 = hashlib.sha1(ADD.encode(), usedforsecurity=False).hexdigest()
