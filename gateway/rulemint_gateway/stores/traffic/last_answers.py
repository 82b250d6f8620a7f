"""The last good answers of flows whose rules may answer stale: written behind tokens, encrypted, bounded per tenant.

A tenant has a hash of ciphertexts and a sorted set of their times. One script writes both, and lets the oldest go.
An answer that this gateway has just written is not written again before a tenth of its time has passed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.last_answers import LastAnswer
from rulemint_shared.contract.messages import Granted
from rulemint_shared.fairness.backlog import FairBacklog
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script
from rulemint_shared.secrets.vault import Purpose, Vault, VaultError

log = structlog.get_logger(__name__)

MAX_ANSWERS = 1_000
"""Of one tenant."""
MAX_ANSWERS_BYTES = 4 * 1024 * 1024
"""Of one tenant, encrypted."""
MAX_ANSWER_BYTES = 64 * 1024
"""Of one answer, before it is encrypted. A larger one is not kept."""
MAX_AGE_MS = 24 * 3_600_000
"""No rule may answer older, so nothing is kept for longer."""
WAITING_ANSWERS, WAITING_ANSWERS_BYTES = 2_000, 8 * 1024 * 1024
"""Of all tenants together, before they are written."""
ROUND_ANSWERS, ROUND_ANSWERS_BYTES = 100, 1024 * 1024
REMEMBERED = 10_000
"""Answers of which this gateway knows when it wrote them."""
PAUSE_BETWEEN_ROUNDS_S = 0.1
PAUSE_WITHOUT_REDIS_S = 1.0
FIND_WITHIN_S = 0.25
"""A token request whose rules failed waits no longer for an older answer."""

_WRITE = """
local answers, times = KEYS[1], KEYS[2]
local most, most_bytes, oldest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local size = tonumber(redis.call('HGET', answers, 'size') or '0')
for i = 5, #ARGV, 3 do
  local question, at, answer = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  size = size + #answer - redis.call('HSTRLEN', answers, question)
  if answer == '' then
    redis.call('HDEL', answers, question)
    redis.call('ZREM', times, question)
  else
    redis.call('HSET', answers, question, answer)
    redis.call('ZADD', times, at, question)
  end
end
local first = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
while #first > 0 and (tonumber(first[2]) < oldest or redis.call('ZCARD', times) > most or size > most_bytes) do
  size = size - redis.call('HSTRLEN', answers, first[1])
  redis.call('HDEL', answers, first[1])
  redis.call('ZREM', times, first[1])
  first = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
end
redis.call('HSET', answers, 'size', size)
redis.call('PEXPIRE', answers, ARGV[4])
redis.call('PEXPIRE', times, ARGV[4])
"""


@dataclass(frozen=True)
class _Waiting:
    """An answer that is to be written."""

    question: str
    at_ms: int
    data: bytes
    """Empty: the answer is to be forgotten."""


class LastAnswers:
    """Keeps answers, and finds them again."""

    def __init__(
        self,
        redis: RedisClient,
        vault: Vault,
        *,
        max_answers: int = MAX_ANSWERS,
        max_bytes: int = MAX_ANSWERS_BYTES,
    ) -> None:
        """Of a tenant, at most so many answers, and so many bytes of them as they are kept."""
        self._redis = redis
        self._vault = vault
        self._bounds = max_answers, max_bytes
        self._waiting: FairBacklog[_Waiting] = FairBacklog(max_items=WAITING_ANSWERS, max_bytes=WAITING_ANSWERS_BYTES)
        self._remembered: OrderedDict[tuple[str, str], tuple[int, bytes]] = OrderedDict()
        """Tenant and question → when this gateway took the answer to be written, and the answer's hash."""
        self._round: list[tuple[str, list[_Waiting]]] = []
        """Taken to be written, and not answered for."""
        self._filled = asyncio.Event()

    def keep(self, tenant: str, question: str, granted: Granted, *, for_ms: int) -> None:
        """Keep *granted* soon, unless the same answer was kept within the last tenth of *for_ms*."""
        now_ms = unix_ms()
        try:
            data = codecs.last_answer.encode(
                LastAnswer(tenant=tenant, question=question, at_ms=now_ms, granted=granted)
            )
            digest = hashlib.blake2b(codecs.granted.encode(granted), digest_size=16).digest()
        except codecs.EncodeError as error:
            log.warning("an answer of rules cannot be kept", tenant=tenant, error=str(error))
            return
        if len(data) > MAX_ANSWER_BYTES:
            log.warning("an answer of rules is too large to be kept", tenant=tenant, bytes=len(data))
            return
        kept_ms, kept = self._remembered.get((tenant, question), (0, b""))
        if kept == digest and now_ms - kept_ms < for_ms // 10:
            return
        self._remembered[tenant, question] = (now_ms, digest)
        self._remembered.move_to_end((tenant, question))
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        self._waiting.add(tenant, _Waiting(question, now_ms, data), len(data))
        self._filled.set()

    def forget(self, tenant: str, question: str) -> None:
        """Forget the answer to *question* soon, because the flow has said no since then."""
        self._remembered.pop((tenant, question), None)
        self._waiting.add(tenant, _Waiting(question, unix_ms(), b""), len(question))
        self._filled.set()

    async def find(self, tenant: str, question: str, *, max_age_ms: int) -> LastAnswer | None:
        """The last answer to *question*, at most *max_age_ms* old; None if there is none, or Redis does not answer."""
        try:
            async with asyncio.timeout(FIND_WITHIN_S):
                ciphertext = await self._redis.hget(redis_keys.last_answers(tenant), question)  # type: ignore[misc]  # redis-py's stub is not async here
        except (RedisError, OSError) as error:
            log.warning("the last answer of rules could not be read", tenant=tenant, error=str(error))
            return None
        answer = None if ciphertext is None else self._opened(tenant, question, ciphertext)
        return answer if answer is not None and unix_ms() - answer.at_ms <= max_age_ms else None

    def _opened(self, tenant: str, question: str, ciphertext: bytes) -> LastAnswer | None:
        try:
            answer = codecs.last_answer.decode(self._vault.decrypt(ciphertext, purpose=Purpose.LAST_ANSWERS))
        except (VaultError, codecs.DecodeError) as error:
            log.warning("the last answer of rules cannot be read", tenant=tenant, error=str(error))
            return None
        return answer if (answer.tenant, answer.question) == (tenant, question) else None

    async def write_behind(self) -> None:
        """Write what was kept, until cancelled; then write the rest, if Redis takes it at once."""
        try:
            while True:
                await self._filled.wait()
                self._filled.clear()
                while self._round or self._waiting:
                    written = await self._write_round()
                    await asyncio.sleep(PAUSE_BETWEEN_ROUNDS_S if written else PAUSE_WITHOUT_REDIS_S)
        finally:
            while (self._round or self._waiting) and await self._write_round():
                pass

    async def _write_round(self) -> bool:
        """Write a round, and tell whether Redis took it. What it did not take is sent again, before all later ones."""
        if not self._round:
            taken = self._waiting.take(max_items=ROUND_ANSWERS, max_bytes=ROUND_ANSWERS_BYTES)
            self._round = [(tenant, answers) for tenant, answers, _lost in taken]
        while self._round:
            tenant, answers = self._round[0]
            names = [redis_keys.last_answers(tenant), redis_keys.last_answer_times(tenant)]
            try:
                await run_script(self._redis, _WRITE, names, self._arguments(answers))
            except (RedisError, OSError) as error:
                log.warning("last answers of rules could not be written, trying again", error=str(error))
                return False
            del self._round[0]
        return True

    def _arguments(self, answers: list[_Waiting]) -> list[str | int | bytes]:
        arguments: list[str | int | bytes] = [*self._bounds, unix_ms() - MAX_AGE_MS, MAX_AGE_MS]
        for each in answers:
            ciphertext = self._vault.encrypt(each.data, purpose=Purpose.LAST_ANSWERS) if each.data else b""
            arguments += [each.question, each.at_ms, ciphertext]
        return arguments
