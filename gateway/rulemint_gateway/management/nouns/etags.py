"""The ETag of a record: what two readings of it are compared by (RFC 9110 §8.8.3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import msgspec

A = TypeVar("A", bound=msgspec.Struct)
S_co = TypeVar("S_co", bound=msgspec.Struct, covariant=True)

_NOT_STORED = frozenset({"client_secret", "signing_secret", "administrator", "warning", "pause"})


@dataclass(frozen=True)
class WithSecrets(Generic[S_co]):
    """An answer, and what is stored of the record's secrets: never sent, and part of its ETag."""

    answer: S_co
    stored: object
    """It must tell nobody what the secrets are, not even by their hash: keyed hashes, ciphertexts."""


Shown: TypeAlias = A | WithSecrets[A]
"""A record as it is answered."""


def answer_of(shown: Shown[A]) -> A:
    """Return what is sent of *shown*."""
    return shown.answer if isinstance(shown, WithSecrets) else shown


def etag_of(shown: Shown[msgspec.Struct]) -> str:
    """Return the ETag of a record; what only the answer to a write shows does not count, nor does a pause."""
    fields = msgspec.to_builtins(answer_of(shown))
    stable = {name: value for name, value in fields.items() if name not in _NOT_STORED}
    digest = hashlib.sha256(msgspec.json.encode(stable, order="sorted"))
    if isinstance(shown, WithSecrets):
        digest.update(msgspec.json.encode(shown.stored))
    return digest.hexdigest()[:32]
