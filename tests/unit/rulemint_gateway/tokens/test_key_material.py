from __future__ import annotations

import jwt
import pytest

from rulemint_gateway.tokens import key_material
from rulemint_shared.contract.records import SigningAlgorithm

KEY_PAIR_ALGORITHMS = [algorithm for algorithm in SigningAlgorithm if algorithm is not SigningAlgorithm.HS256]


@pytest.mark.parametrize("algorithm", KEY_PAIR_ALGORITHMS, ids=str)
def test_the_public_jwk_verifies_what_the_private_key_signs(algorithm: SigningAlgorithm) -> None:
    material = key_material.generate(algorithm)
    private_key = key_material.load_private_key(material.private_pem)
    token = jwt.encode({"a": 1}, private_key, algorithm=str(algorithm))  # type: ignore[arg-type]  # any private key
    assert jwt.decode(token, jwt.PyJWK(material.public_jwk), algorithms=[str(algorithm)]) == {"a": 1}


@pytest.mark.parametrize("algorithm", KEY_PAIR_ALGORITHMS, ids=str)
def test_the_published_key_has_nothing_private(algorithm: SigningAlgorithm) -> None:
    jwk = key_material.generate(algorithm).public_jwk
    assert not jwk.keys() & {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert (jwk["use"], jwk["alg"]) == ("sig", str(algorithm))


def test_the_kid_is_the_rfc_7638_thumbprint() -> None:
    """The example of RFC 7638 §3.1."""
    jwk = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ"
        "CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu"
        "6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls"
        "1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
    }
    assert key_material.thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
