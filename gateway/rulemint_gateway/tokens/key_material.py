"""Making asymmetric keys, and their two forms: PKCS 8 for us, JWK for the world (RFC 7517)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from rulemint_shared.base64url import base64url
from rulemint_shared.contract.records import SigningAlgorithm

RSA_BITS = 2048

_THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


@dataclass(frozen=True)
class KeyMaterial:
    """A new key pair."""

    kid: str
    private_pem: bytes
    public_jwk: dict[str, Any]


def generate(algorithm: SigningAlgorithm) -> KeyMaterial:
    """A new key pair for *algorithm*, with its RFC 7638 thumbprint as kid. RSA takes a tenth of a second or more.

    Raises:
        ValueError: HS256 has no key pair.
    """
    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    jwk: dict[str, Any]
    match algorithm:
        case SigningAlgorithm.RS256 | SigningAlgorithm.PS256 | SigningAlgorithm.RS512:
            private_key = rsa.generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
            jwk = RSAAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
        case SigningAlgorithm.ES256:
            private_key = ec.generate_private_key(ec.SECP256R1())
            jwk = ECAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
        case SigningAlgorithm.EDDSA:
            private_key = ed25519.Ed25519PrivateKey.generate()
            jwk = OKPAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
        case _:
            raise ValueError(f"{algorithm} has no key pair: it signs with the API's own secret")
    kid = thumbprint(jwk)
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = {name: value for name, value in jwk.items() if name != "key_ops"}
    return KeyMaterial(kid, pem, {**public, "use": "sig", "alg": str(algorithm), "kid": kid})


def load_private_key(pem: bytes) -> PrivateKeyTypes:
    """The key object that PyJWT signs with."""
    return load_pem_private_key(pem, password=None)


def thumbprint(jwk: dict[str, Any]) -> str:
    """The JWK's SHA-256 thumbprint in base64url (RFC 7638 §3)."""
    members = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(msgspec.json.encode(members)).digest()
    return base64url(digest).decode()
