"""Define what a rule keeps between its invocations, as Redis has it and as hosts send it, with Auth0's limits."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

MAX_DOCUMENT_BYTES = 500 * 1024
"""Of JSON text in UTF-8. A text of this length fits into a frame however much of it has to be escaped there."""
MAX_CACHE_RECORDS = 20
MAX_CACHE_KEY_BYTES = 64
MAX_CACHE_VALUE_BYTES = 4 * 1024
MAX_CACHE_BYTES = 8 * 1024
"""Of all keys and values together."""
MAX_CACHE_TTL_MS = 24 * 60 * 60 * 1000

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
