"""A token is what PyJWT makes of the same claims: its own bytes where signatures are not random."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from rulemint_gateway.tokens import key_material
from rulemint_gateway.tokens.signing import UsableKey
from rulemint_shared.contract.records import SigningAlgorithm

CLAIMS = {
    "iss": "https://issuer.test/",
    "sub": "robot@clients",
    "aud": "https://api.test/",
    "iat": 1_700_000_000,
    "exp": 1_700_086_400,
    "https://api.test/plan": {"name": "gold", "seats": [1, 2.5, None, True]},
    "scope": "read write",
}
SECRET = b"0123456789abcdef0123456789abcdef"
FIXED = [SigningAlgorithm.RS256, SigningAlgorithm.RS512, SigningAlgorithm.EDDSA]
RANDOM = [SigningAlgorithm.ES256, SigningAlgorithm.PS256]


def encoded(algorithm: SigningAlgorithm, pem: bytes) -> str:
    key, headers = key_material.load_private_key(pem), {"typ": "at+jwt", "kid": "a key"}
    return jwt.encode(CLAIMS, key, algorithm=str(algorithm), headers=headers, sort_headers=False)  # type: ignore[arg-type]  # a plain dictionary will do  # no DH key


@pytest.mark.parametrize("algorithm", FIXED)
def test_a_fixed_input_has_pyjwt_s_bytes(algorithm: SigningAlgorithm) -> None:
    made = key_material.generate(algorithm)
    key = UsableKey(algorithm, key_material.load_private_key(made.private_pem), "a key")
    assert key.token(CLAIMS) == encoded(algorithm, made.private_pem)


def test_an_api_s_own_secret_signs_as_pyjwt_does() -> None:
    expected = jwt.encode(CLAIMS, SECRET, algorithm="HS256", headers={"typ": "at+jwt"}, sort_headers=False)
    assert UsableKey(SigningAlgorithm.HS256, SECRET, None).token(CLAIMS) == expected


@pytest.mark.parametrize("algorithm", RANDOM)
def test_a_random_signature_is_over_pyjwt_s_bytes_and_verifies(algorithm: SigningAlgorithm) -> None:
    made = key_material.generate(algorithm)
    key = UsableKey(algorithm, key_material.load_private_key(made.private_pem), "a key")
    token, public = key.token(CLAIMS), jwt.PyJWK(made.public_jwk)
    assert token.rpartition(".")[0] == encoded(algorithm, made.private_pem).rpartition(".")[0]
    options = {"verify_exp": False}
    assert jwt.decode(token, public, audience=CLAIMS["aud"], options=options) == CLAIMS  # type: ignore[arg-type]  # a plain dictionary will do


def test_a_small_number_in_a_signature_is_as_long_as_a_large_one() -> None:
    """RFC 7518 §3.4: one in 256 begins with a zero byte, which DER leaves out."""
    key = UsableKey(SigningAlgorithm.ES256, ec.generate_private_key(ec.SECP256R1()), "a key")
    lengths = {len(key.token({"jti": number}).rpartition(".")[2]) for number in range(2_000)}
    assert lengths == {86}
