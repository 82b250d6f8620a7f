"""The ETag of a record: what two readings of it are compared by (RFC 9110 §8.8.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

_SHOWN_ONCE = frozenset({"client_secret", "signing_secret", "administrator"})


class WithSecrets(dict[str, Any]):
    """A record as it is answered, and what is stored of its secrets: never answered, and part of its ETag."""

    def __init__(self, shown: Mapping[str, Any], *, stored: object) -> None:
        """*stored* must tell nobody what the secrets are, not even by its hash: keyed hashes, ciphertexts."""
        super().__init__(shown)
        self.stored = stored


def etag_of(record: Mapping[str, Any]) -> str:
    """The ETag of a record as it is answered; what only a create shows does not count."""
    stable = {name: value for name, value in record.items() if name not in _SHOWN_ONCE}
    digest = hashlib.sha256(msgspec.json.encode(stable, order="sorted"))
    if isinstance(record, WithSecrets):
        digest.update(msgspec.json.encode(record.stored))
    return digest.hexdigest()[:32]
