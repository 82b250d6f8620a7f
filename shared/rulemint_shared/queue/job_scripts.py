"""Lua for each change of a job: one command, so that it is atomic and costs one request and one reply.

The keys and what they hold are arq's own.
"""

from __future__ import annotations

ENQUEUE = """
redis.set_repl(redis.REPL_AOF)
local job, queue, wake_up = KEYS[1], KEYS[2], KEYS[3]
local id, data, expires_ms, now_ms, wake_ups_kept, wake_ups_expire_s = unpack(ARGV)
redis.call('PSETEX', job, expires_ms, data)
redis.call('ZADD', queue, now_ms, id)
redis.call('LPUSH', wake_up, id)
redis.call('LTRIM', wake_up, 0, wake_ups_kept - 1)
redis.call('EXPIRE', wake_up, wake_ups_expire_s)
"""
"""A job is with the server that took it, and on its disk, but in no replica. One that took over might know the job and
not its claim, which came after it, and the rule would run again. Who waits for the job is answered 503 instead.
"""

CLAIM = """
local in_progress, queue, job = KEYS[1], KEYS[2], KEYS[3]
local id, for_ms, runner = unpack(ARGV)
local claimed = redis.call('SET', in_progress, runner, 'PX', for_ms, 'NX')
local queued, data = redis.call('ZREM', queue, id) == 1, redis.call('GETDEL', job)
if not claimed then return false end
if queued and data then return data end
redis.call('DEL', in_progress)
return false
"""
"""The job's data; nothing if another has it, if it ended between its wake-up and now, or if it expired.

In each case the job leaves the queue, so that the queue holds only what waits. Data that was sent once more for a job
that somebody has claimed goes, too: nobody will run it.
"""

FINISH = """
local in_progress, kept = KEYS[1], KEYS[2]
local kept_s, publish, result = ARGV[1], ARGV[2], ARGV[3]
local refusal = false
for number = 3, #KEYS do
  local reply = redis.pcall(publish, KEYS[number], ARGV[number + 1])
  refusal = type(reply) == 'table' and reply.err or refusal
end
if result ~= '' then redis.call('SET', kept, result, 'EX', kept_s) end
redis.call('EXPIRE', in_progress, kept_s)
return refusal
"""
"""The reason why channels were not published to, if they were not. The rest is kept all the same.

Channels are named as keys, for they are in the same slot. What can be published is published even if nothing can be
kept, because somebody waits for it.
"""
