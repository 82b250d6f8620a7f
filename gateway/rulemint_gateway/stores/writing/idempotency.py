"""Creates that are done once, however often they are sent under one key within a day.

A call begins (its key is taken), commits (in the transaction of what it writes) and is answered. One that died between
the last two leaves a key that says so: the record exists, its answer is lost, and a repetition makes no second one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from typing import TypeVar

import msgspec
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.calls import Once
from rulemint_gateway.stores.writing.config_store import ONCE_KEPT_S, StoreUnavailableError
from rulemint_shared import ids
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.idempotency import IdempotentCall
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.vault import Purpose, Vault

BEGUN_KEPT_S = 600
"""A gateway that dies with a call leaves its key taken for so long; a longer call is refused at its commit."""

T = TypeVar("T")


class KeptAnswer(msgspec.Struct, frozen=True):
    """The answer that the first call got."""

    status: int
    body: bytes
    etag: str


class KeyInUseError(Exception):
    """The first call under this key has not been answered; *committed* says whether it has written."""

    def __init__(self, *, committed: bool) -> None:
        super().__init__("in use")
        self.committed = committed


class KeyReusedError(Exception):
    """The first call under this key had another body."""


class IdempotencyStore:
    """The keys and answers of creates."""

    def __init__(self, redis: RedisClient, vault: Vault) -> None:
        self._redis = redis
        self._vault = vault

    async def begin(self, tenant: str, key: tuple[str, ...], body: bytes) -> Once | KeptAnswer:
        """Take *key* for a call with *body*, or find what the first one was answered.

        Raises:
            KeyInUseError, KeyReusedError: the key is taken.
            StoreUnavailableError: Redis does not answer.
        """
        name = redis_keys.idempotent(tenant, hashlib.sha256("\n".join(key).encode()).hexdigest())
        digest = hashlib.sha256(body).hexdigest()
        begun = IdempotentCall(body_hash=self._vault.hash_secret(digest), attempt=ids.random_text(16))
        committed = codecs.idempotent_call.encode(msgspec.structs.replace(begun, committed=True))
        once = Once(name, codecs.idempotent_call.encode(begun), committed)
        if await _stored(self._redis.set(name, once.begun, nx=True, ex=BEGUN_KEPT_S)):
            return once
        return self._first_answer(await _stored(self._redis.get(name)), digest)

    async def answer(self, once: Once, answer: KeptAnswer) -> None:
        """Keep what the call is answered, for a day."""
        committed = codecs.idempotent_call.decode(once.committed)
        ciphertext = self._vault.encrypt(answer.body, purpose=Purpose.ANSWERS)
        answered = msgspec.structs.replace(committed, status=answer.status, answer=ciphertext, etag=answer.etag)
        await _stored(self._redis.set(once.key, codecs.idempotent_call.encode(answered), ex=ONCE_KEPT_S))

    async def give_up(self, once: Once) -> None:
        """Free the key of a call that has written nothing."""
        await _stored(self._redis.delete(once.key))

    def _first_answer(self, data: bytes | None, digest: str) -> KeptAnswer:
        if data is None:
            raise KeyInUseError(committed=False)  # it expired just now
        try:
            first = codecs.idempotent_call.decode(data)
        except codecs.DecodeError as error:
            raise StoreUnavailableError(str(error)) from error
        if not self._vault.secret_matches(digest, first.body_hash):
            raise KeyReusedError
        if first.status is None:
            raise KeyInUseError(committed=first.committed)
        return KeptAnswer(first.status, self._vault.decrypt(first.answer, purpose=Purpose.ANSWERS), first.etag)


async def _stored(command: Awaitable[T]) -> T:
    try:
        return await command
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error
