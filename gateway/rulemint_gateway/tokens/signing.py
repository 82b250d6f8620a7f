"""Keys that are ready to sign: all that is the same in every token of a key is made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt import PyJWS

from rulemint_shared.base64url import base64url
from rulemint_shared.contract.records import SigningAlgorithm

Sign = Callable[[bytes], bytes]
"""Signed bytes → their signature, as a JWS has it (RFC 7518 §3.1)."""

_ALGORITHMS = {algorithm: PyJWS().get_algorithm_by_name(str(algorithm)) for algorithm in SigningAlgorithm}
"""PyJWT's own, which sign and nothing else."""
_ECDSA = ec.ECDSA(SHA256())
_P256_BYTES = 32
"""Of a coordinate (RFC 7518 §3.4)."""


class UsableKey:
    """A decrypted key; *kid* is None for an API's HS256 secret, which no jwks.json shows."""

    __slots__ = ("_head", "_sign", "algorithm", "kid")

    def __init__(self, algorithm: SigningAlgorithm, key: PrivateKeyTypes | bytes, kid: str | None) -> None:
        self.algorithm = algorithm
        self.kid = kid
        self._head = _head(algorithm, kid)
        self._sign = _signer(algorithm, key)

    def token(self, payload: dict[str, Any]) -> str:
        """The JWT of *payload* (RFC 7515 §3.1), in the bytes of a `jwt.encode` that does not sort its headers."""
        signed = self._head + base64url(msgspec.json.encode(payload))
        return (signed + b"." + base64url(self._sign(signed))).decode()


def _head(algorithm: SigningAlgorithm, kid: str | None) -> bytes:
    """The JOSE header of type ``at+jwt`` (RFC 9068 §2.1), and the dot behind it."""
    header = {"typ": "at+jwt", "alg": str(algorithm)}
    if kid is not None:
        header["kid"] = kid
    return base64url(msgspec.json.encode(header)) + b"."


def _signer(algorithm: SigningAlgorithm, key: PrivateKeyTypes | bytes) -> Sign:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return partial(_es256, key)
    return partial(_ALGORITHMS[algorithm].sign, key=key)


def _es256(key: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    """As PyJWT signs, which makes the same objects again for each signature (RFC 7518 §3.4)."""
    r, s = decode_dss_signature(key.sign(signed, _ECDSA))
    return r.to_bytes(_P256_BYTES, "big") + s.to_bytes(_P256_BYTES, "big")
