"""Write last answers and refusals of a tenant in Redis, each in its place by time and not by when it arrived.

Several gateways write, and any of them may be late. So a refusal leaves its time behind: an answer of before it is not
kept, also if it is written after it. The answers have a hash, and their times a sorted set; the refusals have another.
Each has its bound. When a refusal has to leave, ``since`` takes its place: no answer of before it is kept any more.

| field of the hash | value |
|---|---|
| ``<question>`` | the answer, encrypted |
| ``size`` | bytes of all answers together |
| ``since`` | ms since the epoch: what was answered until then is not kept |

Names that do not fit together, or are of another type, say nothing: all goes, and what is on its way is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script


class Said(NamedTuple):
    """A flow's answer to a question, or its refusal."""

    question: str
    at_ms: int
    answer: bytes
    """Encrypted; empty: it refused."""


class AnswerBounds(NamedTuple):
    """The bounds of a tenant."""

    answers: int
    bytes: int
    refusals: int
    age_ms: int


async def write_said(
    redis: RedisClient, tenant: str, said: Sequence[Said], bounds: AnswerBounds, *, until_ms: int = 0
) -> None:
    """Write what *tenant*'s flows *said*; and forget all that they answered until then, if *until_ms* is given.

    Raises:
        RedisError, OSError: nobody knows whether it was written; it may be written again.
    """
    names = [redis_keys.last_answers(tenant), redis_keys.last_answer_times(tenant), redis_keys.last_refusals(tenant)]
    arguments: list[str | int | bytes] = [*bounds, unix_ms(), until_ms]
    for each in said:
        arguments += each
    await run_script(redis, _WRITE, names, arguments)


_WRITE = """
local answers, times, refusals = KEYS[1], KEYS[2], KEYS[3]
local most, most_bytes, most_refusals = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local age_ms, now, until_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local call = redis.call

local function type_of(name) return call('TYPE', name).ok end
local function is_sound()
  local types = type_of(answers) .. ' ' .. type_of(times) .. ' ' .. type_of(refusals)
  if types == 'none none none' then return true end
  if types ~= 'hash none none' and types ~= 'hash zset none' and types ~= 'hash none zset' and types ~= 'hash zset zset'
  then return false end
  local size, since = unpack(call('HMGET', answers, 'size', 'since'))
  return size and since and string.match(size, '^%d+$') and string.match(since, '^%d+$') and #size < 16 and #since < 16
    and call('HLEN', answers) == call('ZCARD', times) + 2
end

local size, since = 0, 0
if is_sound() then
  size, since = tonumber(call('HGET', answers, 'size') or '0'), tonumber(call('HGET', answers, 'since') or '0')
else
  call('DEL', answers, times, refusals)
  since = now
end

local function drop(question)
  size = size - call('HSTRLEN', answers, question)
  call('HDEL', answers, question)
  call('ZREM', times, question)
end
local function at_of(name, question) return tonumber(call('ZSCORE', name, question) or '0') end

if until_ms > 0 then
  for _, question in ipairs(call('ZRANGEBYSCORE', times, '-inf', until_ms)) do drop(question) end
  since = math.max(since, until_ms)
end
for place = 7, #ARGV, 3 do
  local question, at, answer = ARGV[place], tonumber(ARGV[place + 1]), ARGV[place + 2]
  if answer == '' then
    if at > at_of(refusals, question) then call('ZADD', refusals, at, question) end
    if at_of(times, question) <= at then drop(question) end
  elseif at > since and at > at_of(refusals, question) and at >= at_of(times, question) then
    size = size + #answer - call('HSTRLEN', answers, question)
    call('HSET', answers, question, answer)
    call('ZADD', times, at, question)
  end
end

local first = call('ZRANGE', times, 0, 0, 'WITHSCORES')
while #first > 0 and (tonumber(first[2]) < now - age_ms or call('ZCARD', times) > most or size > most_bytes) do
  drop(first[1])
  first = call('ZRANGE', times, 0, 0, 'WITHSCORES')
end
call('ZREMRANGEBYSCORE', refusals, '-inf', now - age_ms)
for _ = 1, call('ZCARD', refusals) - most_refusals do
  since = math.max(since, tonumber(call('ZPOPMIN', refusals)[2]))
end
call('HSET', answers, 'size', string.format('%.0f', math.max(0, size)), 'since', string.format('%.0f', since))
for _, name in ipairs(KEYS) do call('PEXPIRE', name, age_ms) end
"""
