"""Store what rules keep between their invocations: a document, and an action's cache, for each rule of a tenant.

Hosts are hostile, so everything that they want kept is measured here. State goes right after its rule, and what an
invocation writes afterwards must not bring it back: so the gateway leaves a mark, which every write watches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec
import structlog
from redis.exceptions import WatchError

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.rule_state import (
    MAX_CACHE_BYTES,
    MAX_CACHE_KEY_BYTES,
    MAX_CACHE_RECORDS,
    MAX_CACHE_TTL_MS,
    MAX_CACHE_VALUE_BYTES,
    MAX_DOCUMENT_BYTES,
    CacheRecord,
    StoredCache,
    StoredDocument,
)
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 50


class _RawCache(msgspec.Struct, frozen=True):
    records: dict[str, msgspec.Raw]


_raw_cache: codecs.Codec[_RawCache] = codecs.Codec(_RawCache, name="stored cache")
_cache_record: codecs.Codec[CacheRecord] = codecs.Codec(CacheRecord, name="cache record")


class RuleStateError(Exception):
    """It was not read or written; the text is for the rule's author."""


class Owner(NamedTuple):
    """The tenant and the rule that the state belongs to."""

    tenant: str
    rule_id: str


class Document(NamedTuple):
    """A rule's document, and the tag by which a later write knows that nobody changed it; both None: there is none."""

    data: str | None
    etag: str | None


class ConflictError(Exception):
    """The document is not the one that was to be replaced, but *document*."""

    def __init__(self, document: Document) -> None:
        super().__init__("the document was changed")
        self.document = document


class _Value(NamedTuple):
    content: bytes
    expires_at_ms: int | None = None


class RuleStates:
    """The state of all rules."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def document(self, owner: Owner) -> Document:
        """The rule's document.

        Raises:
            RuleStateError: what is kept is none.
            RedisError, OSError: Redis does not answer.
        """
        return _document_of(_stored_document(await self._content(redis_keys.rule_storage(*owner))))

    async def replace_document(self, owner: Owner, data: str | None, *, etag: str | None, force: bool) -> Document:
        """Replace the document by *data* if it has *etag*; with *force*, replace any document.

        Raises:
            ConflictError: there is another one.
            RuleStateError: it is too large, or its rule was deleted.
            RedisError, OSError: Redis does not answer.
        """
        if data is not None and len(data.encode()) > MAX_DOCUMENT_BYTES:
            raise RuleStateError(f"the document is larger than {MAX_DOCUMENT_BYTES} bytes of JSON")
        written = StoredDocument(version=1, data=data)

        def plan(content: bytes | None) -> _Value:
            nonlocal written
            before = _stored_document(content)
            if not force and _document_of(before).etag != etag:
                raise ConflictError(_document_of(before))
            written = StoredDocument(version=1 if before is None else before.version + 1, data=data)
            return _Value(codecs.stored_document.encode(written))

        await self._replace(owner, redis_keys.rule_storage(*owner), plan)
        return _document_of(written)

    async def cache(self, owner: Owner) -> dict[str, CacheRecord]:
        """Return the content of the rule's cache, without records that have expired.

        Raises:
            RuleStateError: what is kept is no cache.
            RedisError, OSError: Redis does not answer.
        """
        return _live(_stored_records(await self._content(redis_keys.rule_cache(*owner))))

    async def change_cache(self, owner: Owner, changed: Mapping[str, CacheRecord], deleted: Collection[str]) -> None:
        """Put *changed* into the rule's cache and take *deleted* out.

        Invocations that run at the same time change one cache. If both set a record, the last one stays. If there is no
        room for all records, those that expire first go.

        Raises:
            RuleStateError: *changed* is too large, or the rule was deleted.
            RedisError, OSError: Redis does not answer.
        """
        latest_ms = unix_ms() + MAX_CACHE_TTL_MS
        new = {
            key: msgspec.structs.replace(record, expires_at=min(record.expires_at, latest_ms))
            for key, record in changed.items()
        }
        if not fits(new):
            raise RuleStateError("the cache is too large")

        def plan(content: bytes | None) -> _Value:
            before = _live(_stored_records(content))
            kept = {key: record for key, record in before.items() if key not in new and key not in deleted}
            records = with_room_for(new, kept)
            last_ms = max((record.expires_at for record in records.values()), default=0)
            # Without any record the time is long past, so Redis removes the key.
            return _Value(codecs.stored_cache.encode(StoredCache(records=records)), max(last_ms, 1))

        await self._replace(owner, redis_keys.rule_cache(*owner), plan)

    async def _content(self, key: str) -> bytes | None:
        content: bytes | None = await self._redis.get(key)
        return content

    async def _replace(self, owner: Owner, key: str, plan: Callable[[bytes | None], _Value]) -> None:
        if not await self._redis.hexists(redis_keys.rules(owner.tenant), owner.rule_id):  # type: ignore[misc]  # its stub is not async
            raise RuleStateError("the rule was deleted")
        deleted = redis_keys.deleted_rule(*owner)
        async with self._redis.pipeline(transaction=True) as pipe:
            for _attempt in range(MAX_ATTEMPTS):
                # The mark is watched too, so that no write comes after the deletion of its rule.
                await pipe.watch(deleted, key)
                if await pipe.exists(deleted):
                    raise RuleStateError("the rule was deleted")
                value = plan(await pipe.get(key))
                pipe.multi()  # type: ignore[no-untyped-call]  # redis-py has no types here
                pipe.set(key, value.content, pxat=value.expires_at_ms)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return
        raise RuleStateError("too many invocations write at once")


class TriedStates(RuleStates):
    """The state of one rule that is tried: empty at first, and gone with the trial."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    async def _content(self, key: str) -> bytes | None:
        return self._contents.get(key)

    async def _replace(self, owner: Owner, key: str, plan: Callable[[bytes | None], _Value]) -> None:  # noqa: ARG002  # all are of one owner
        self._contents[key] = plan(self._contents.get(key)).content


def fits(records: Mapping[str, CacheRecord]) -> bool:
    """Tell whether a cache may hold *records*."""
    sizes = [(len(key.encode()), len(record.value.encode())) for key, record in records.items()]
    return (
        len(sizes) <= MAX_CACHE_RECORDS
        and all(key <= MAX_CACHE_KEY_BYTES and value <= MAX_CACHE_VALUE_BYTES for key, value in sizes)
        and sum(map(sum, sizes)) <= MAX_CACHE_BYTES
    )


def with_room_for(new: Mapping[str, CacheRecord], kept: Mapping[str, CacheRecord]) -> dict[str, CacheRecord]:
    """*new*, and of *kept* those that expire last, as many as there is room for."""
    by_expiry = sorted(kept, key=lambda key: kept[key].expires_at)
    while by_expiry and not fits({**{key: kept[key] for key in by_expiry}, **new}):
        by_expiry.pop(0)
    return {**{key: kept[key] for key in by_expiry}, **new}


def _stored_document(content: bytes | None) -> StoredDocument | None:
    try:
        return None if content is None else codecs.stored_document.decode(content)
    except codecs.DecodeError as error:
        raise RuleStateError("what is stored is not readable") from error


def _document_of(stored: StoredDocument | None) -> Document:
    return Document(None, None) if stored is None or stored.data is None else Document(stored.data, str(stored.version))


def _stored_records(content: bytes | None) -> dict[str, CacheRecord]:
    """Return the records of *content* that are in bounds: one that is not does not cost the others."""
    try:
        return {} if content is None else codecs.stored_cache.decode(content).records
    except codecs.DecodeError as error:
        log.warning("left out malformed records of a cache", error=str(error))
        return _readable_records(content or b"")


def _readable_records(content: bytes) -> dict[str, CacheRecord]:
    try:
        raw = _raw_cache.decode(content).records
    except codecs.DecodeError as error:
        raise RuleStateError("what is cached is not readable") from error
    records = {}
    for key, data in raw.items():
        with suppress(codecs.DecodeError):
            record = _cache_record.decode(bytes(data))
            if fits({key: record}):
                records[key] = record
    return with_room_for({}, records)


def _live(records: Mapping[str, CacheRecord]) -> dict[str, CacheRecord]:
    now_ms = unix_ms()
    return {key: record for key, record in records.items() if record.expires_at > now_ms}
