"""Tapes as runners keep them: found, opened and deleted here. Only the gateway has the key that opens them."""

from __future__ import annotations

import zlib

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_gateway.stores.writing.deleted_tapes import ListedTape, delete_tapes, listed_tape
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.tapes import FORMAT, MAX_TAPE_BYTES, Tape
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.vault import Vault, VaultError

log = structlog.get_logger(__name__)

LONGEST_TAPE = 2 * MAX_TAPE_BYTES
"""Of a tape without its compression: what is longer is none of ours."""

MOST_LISTED = 20_000


class TapeUnreadableError(Exception):
    """The tape is there, and cannot be read; the text says why."""


class TapeStore:
    """The tapes of all tenants."""

    def __init__(self, redis: RedisClient, vault: Vault) -> None:
        self._redis = redis
        self._vault = vault

    async def find(self, tenant: str, exchange_id: str) -> Tape | None:
        """The tape of that exchange; None: it left none, or it is no longer kept.

        Raises:
            TapeUnreadableError: it is of another format, of another master key, or damaged.
            StoreUnavailableError: Redis does not answer.
        """
        name = redis_keys.tape(tenant, exchange_id)
        try:
            sealed: bytes | None = await self._redis.get(name)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return None if sealed is None else self._opened(sealed, name)

    async def of_rule(self, tenant: str, rule_id: str, *, since_ms: int = 0) -> list[str]:
        """The exchanges with a tape whose flow had that rule, made since then; the newest first.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        name = redis_keys.tapes(tenant)
        try:
            members: list[bytes] = await self._redis.zrevrangebyscore(name, "+inf", since_ms, start=0, num=MOST_LISTED)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        tapes = [tape for member in members if (tape := listed_tape(member)) is not None]
        return [tape.exchange_id for tape in tapes if rule_id in tape.rule_ids]

    async def delete(self, tenant: str, *, exchange_id: str = "", client_id: str = "", rule_id: str = "") -> int:
        """Delete the tapes to which all that is given applies; the number of those that were there.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """

        def is_meant(tape: ListedTape) -> bool:
            return (
                exchange_id in {"", tape.exchange_id}
                and client_id in {"", tape.client_id}
                and (not rule_id or rule_id in tape.rule_ids)
            )

        try:
            return await delete_tapes(self._redis, tenant, is_meant)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error

    def _opened(self, sealed: bytes, name: str) -> Tape:
        try:
            packed = self._vault.open_tape(sealed, context=name.encode())
            decoder = zlib.decompressobj()
            data = decoder.decompress(packed, LONGEST_TAPE)
            if not decoder.eof:
                raise TapeUnreadableError(f"it is longer than {LONGEST_TAPE} bytes, or was cut off")
            head = codecs.tape_head.decode(data)
            if head.format != FORMAT:
                raise TapeUnreadableError(
                    f"it is of format {head.format}, made by Rulemint {head.build}; this gateway reads format {FORMAT}"
                )
            return codecs.tape.decode(data)
        except (VaultError, zlib.error, codecs.DecodeError) as error:
            raise TapeUnreadableError(str(error)) from error
