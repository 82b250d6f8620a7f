"""The last good answers of flows whose rules may answer stale: written behind tokens, encrypted, bounded per tenant.

An answer that this gateway has just written is not written again before a tenth of its time has passed, or a minute.

A refusal is written before its client hears of it, so that no gateway takes an answer of before it from then on. If
Redis does not take it in time, the gateway takes no answer of that tenant of before it, and has all of them forgotten
as soon as Redis answers. An answer of the next `CLOCK_SKEW_MS` is not kept either, because another gateway's clock may
be so far ahead.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.traffic.last_answer_script import AnswerBounds, Said, write_said
from rulemint_gateway.stores.traffic.log_store import CLOCK_SKEW_MS
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.last_answers import LastAnswer
from rulemint_shared.contract.messages import Granted
from rulemint_shared.fairness.backlog import FairBacklog
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.vault import Purpose, Vault, VaultError

log = structlog.get_logger(__name__)

MAX_ANSWERS = 1_000
"""Of one tenant."""
MAX_ANSWERS_BYTES = 4 * 1024 * 1024
"""Of one tenant, encrypted."""
MAX_ANSWER_BYTES = 64 * 1024
"""Of one answer, before it is encrypted. A larger one is not kept."""
MAX_REFUSALS = 1_000
"""Of one tenant, that are known by their questions. Of older ones only the time is."""
MAX_AGE_MS = 24 * 3_600_000
"""No rule may answer older, so nothing is kept for longer."""
WAITING_ANSWERS, WAITING_ANSWERS_BYTES = 2_000, 8 * 1024 * 1024
"""Of all tenants together, before they are written."""
ROUND_ANSWERS, ROUND_ANSWERS_BYTES = 100, 1024 * 1024
REMEMBERED = 10_000
"""Answers of which this gateway knows when it wrote them."""
PAUSE_BETWEEN_ROUNDS_S = 0.1
PAUSE_WITHOUT_REDIS_S = 1.0
REWRITTEN_MS = 60_000
"""The longest that the same answer is not written again."""
FIND_WITHIN_S = 0.25
"""A token request whose rules failed waits no longer for an older answer."""
FORGET_WITHIN_S = 0.25
"""A token request that was refused waits no longer until the answer of before is forgotten."""


@dataclass(frozen=True)
class _Waiting:
    """An answer that is to be written."""

    question: str
    at_ms: int
    data: bytes


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
        self._bounds = AnswerBounds(max_answers, max_bytes, MAX_REFUSALS, MAX_AGE_MS)
        self._waiting: FairBacklog[_Waiting] = FairBacklog(max_items=WAITING_ANSWERS, max_bytes=WAITING_ANSWERS_BYTES)
        self._remembered: OrderedDict[tuple[str, str], tuple[int, bytes]] = OrderedDict()
        """Tenant and question → when this gateway took the answer to be written, and the answer's hash."""
        self._round: list[tuple[str, list[_Waiting]]] = []
        """Taken to be written, and not answered for."""
        self._forgotten_ms: dict[str, int] = {}
        """Tenant → until when all its answers are to be forgotten, and Redis does not know yet."""
        self._filled = asyncio.Event()

    def keep(self, tenant: str, question: str, granted: Granted, *, for_ms: int, said: Sequence[bytes] = ()) -> None:
        """Keep *granted* soon, unless the same answer was kept within the last tenth of *for_ms*, or minute.

        *said* is what each rule of the flow said.
        """
        now_ms = unix_ms()
        try:
            answer = LastAnswer(tenant=tenant, question=question, at_ms=now_ms, granted=granted, said=tuple(said))
            data = codecs.last_answer.encode(answer)
            digest = hashlib.blake2b(b"".join((codecs.granted.encode(granted), *said)), digest_size=16).digest()
        except codecs.EncodeError as error:
            log.warning("an answer of rules cannot be kept", tenant=tenant, error=str(error))
            return
        if len(data) > MAX_ANSWER_BYTES:
            log.warning("an answer of rules is too large to be kept", tenant=tenant, bytes=len(data))
            return
        kept_ms, kept = self._remembered.get((tenant, question), (0, b""))
        if kept == digest and now_ms - kept_ms < min(for_ms // 10, REWRITTEN_MS):
            return
        self._remembered[tenant, question] = (now_ms, digest)
        self._remembered.move_to_end((tenant, question))
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        self._waiting.add(tenant, _Waiting(question, now_ms, data), len(data))
        self._filled.set()

    async def forget(self, tenant: str, question: str) -> None:
        """Forget the answer to *question*, because the flow has said no. Return when no gateway finds it any more.

        If Redis does not take that in time, this gateway alone finds none of the tenant's, and the others soon.
        """
        until_ms = unix_ms() + CLOCK_SKEW_MS
        self._remembered.pop((tenant, question), None)
        is_written = False
        try:
            async with asyncio.timeout(FORGET_WITHIN_S):
                await write_said(self._redis, tenant, [Said(question, until_ms, b"")], self._bounds)
            is_written = True
        except (RedisError, OSError) as error:
            log.warning("a refusal by rules could not be written: all answers go", tenant=tenant, error=str(error))
        finally:  # also if the client hangs up
            if not is_written:
                self._forgotten_ms[tenant] = until_ms
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
        if answer is None or answer.at_ms <= self._forgotten_ms.get(tenant, 0):
            return None
        return answer if unix_ms() - answer.at_ms <= max_age_ms else None

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
                while self._is_behind():
                    written = await self._write_round()
                    await asyncio.sleep(PAUSE_BETWEEN_ROUNDS_S if written else PAUSE_WITHOUT_REDIS_S)
        finally:
            while self._is_behind() and await self._write_round():
                pass

    def _is_behind(self) -> bool:
        return bool(self._round or self._waiting or self._forgotten_ms)

    async def _write_round(self) -> bool:
        """Write a round, and tell whether Redis took it. What it did not take is sent again, before all later ones."""
        if not self._round:
            taken = self._waiting.take(max_items=ROUND_ANSWERS, max_bytes=ROUND_ANSWERS_BYTES)
            self._round = [(tenant, answers) for tenant, answers, _lost in taken]
        try:
            for tenant, until_ms in list(self._forgotten_ms.items()):
                await write_said(self._redis, tenant, [], self._bounds, until_ms=until_ms)
                if self._forgotten_ms[tenant] == until_ms:
                    del self._forgotten_ms[tenant]
            while self._round:
                tenant, answers = self._round[0]
                await write_said(self._redis, tenant, [self._said(each) for each in answers], self._bounds)
                del self._round[0]
        except (RedisError, OSError) as error:
            log.warning("last answers of rules could not be written, trying again", error=str(error))
            return False
        return True

    def _said(self, waiting: _Waiting) -> Said:
        ciphertext = self._vault.encrypt(waiting.data, purpose=Purpose.LAST_ANSWERS)
        return Said(waiting.question, waiting.at_ms, ciphertext)
