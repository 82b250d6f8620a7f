"""The ETag of a record: what two readings of it are compared by (RFC 9110 §8.8.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

_SHOWN_ONCE = frozenset({"client_secret", "signing_secret", "administrator"})


def etag_of(record: Mapping[str, Any]) -> str:
    """The ETag of a record as it is answered; what only a create shows does not count."""
    stable = {name: value for name, value in record.items() if name not in _SHOWN_ONCE}
    return hashlib.sha256(msgspec.json.encode(stable, order="sorted")).hexdigest()[:32]
