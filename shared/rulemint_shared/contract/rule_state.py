"""Define what a rule keeps between its invocations, as Redis has it and as hosts send it, with Auth0's limits."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.host_contract import HOST_CONTRACT

_CACHE = HOST_CONTRACT.cache
MAX_DOCUMENT_BYTES = HOST_CONTRACT.document_bytes
"""Of JSON text in UTF-8. A text of this length fits into a frame however much of it has to be escaped there."""
MAX_CACHE_RECORDS = _CACHE.records
MAX_CACHE_KEY_BYTES = _CACHE.key_bytes
MAX_CACHE_VALUE_BYTES = _CACHE.value_bytes
MAX_CACHE_BYTES = _CACHE.bytes
"""Of all keys and values together."""
MAX_CACHE_TTL_MS = _CACHE.ttl_ms

DocumentText = Annotated[str, Meta(max_length=MAX_DOCUMENT_BYTES)]
CacheKey = Annotated[str, Meta(max_length=MAX_CACHE_KEY_BYTES)]


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document of a rule's storage. Its text is the rule's affair: nobody else parses it."""

    version: Annotated[int, Meta(ge=1)]
    """Raised by every write; a document that was cleared keeps it, so that no version ever comes again."""
    data: DocumentText | None


class CacheRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One value of `api.cache`."""

    value: Annotated[str, Meta(max_length=MAX_CACHE_VALUE_BYTES)]
    expires_at: Annotated[int, Meta(ge=0, lt=2**53)]
    """In ms since the epoch; named as actions know it."""


CacheRecords = Annotated[dict[CacheKey, CacheRecord], Meta(max_length=MAX_CACHE_RECORDS)]


class StoredCache(msgspec.Struct, frozen=True, kw_only=True):
    """The `api.cache` of a rule."""

    records: CacheRecords
