"""Seal tapes: runners have the public half, and close them; only the gateway has the private half, and opens them.

A seal is X25519 with a key of one use, HKDF-SHA-256 and ChaCha20-Poly1305 (RFC 7748, 5869, 8439). The *context* is
bound to it, so that no tape can be passed off as another's.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE = bytes(12)
"""Each key encrypts once."""


class SealError(Exception):
    """It was sealed for another key or another context, or was changed since."""


def public_half(private: bytes) -> bytes:
    """The public half of *private*; both are 32 raw bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(plaintext: bytes, public: bytes, *, context: bytes) -> bytes:
    """*plaintext* for the owner of *public*."""
    once = X25519PrivateKey.generate()
    sender = once.public_key().public_bytes_raw()
    key = _key(once.exchange(X25519PublicKey.from_public_bytes(public)), sender, public)
    return sender + ChaCha20Poly1305(key).encrypt(_NONCE, plaintext, context)


def unseal(sealed: bytes, private: bytes, *, context: bytes) -> bytes:
    """The plaintext of what was sealed for the public half of *private* in this *context*.

    Raises:
        SealError: it was not, or was changed since.
    """
    own = X25519PrivateKey.from_private_bytes(private)
    sender, ciphertext = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(sender))
        key = _key(shared, sender, own.public_key().public_bytes_raw())
        return ChaCha20Poly1305(key).decrypt(_NONCE, ciphertext, context)
    except (InvalidTag, ValueError) as error:
        raise SealError("sealed for another key or another exchange, or damaged") from error


def _key(shared: bytes, sender: bytes, receiver: bytes) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=sender + receiver, info=b"rulemint tape")
    return kdf.derive(shared)
