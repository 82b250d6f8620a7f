"""Remember a create that came with an Idempotency-Key, so that it is never done twice."""

from __future__ import annotations

import msgspec


class IdempotentCall(msgspec.Struct, frozen=True, kw_only=True):
    """One create under one key: begun, then committed together with what it wrote, then answered."""

    body_hash: bytes
    """Keyed: a body may hold a secret."""
    attempt: str
    """Random. Only the attempt that began may commit."""
    committed: bool = False
    status: int | None = None
    answer: bytes = b""
    """The answer's JSON, encrypted."""
    etag: str = ""
