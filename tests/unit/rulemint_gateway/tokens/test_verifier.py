from __future__ import annotations

from typing import Any

import jwt
import pytest

from rulemint_gateway.stores.catalog.tables import SIGNING_KEYS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.tokens import key_material
from rulemint_gateway.tokens.verifier import TokenRefusedError, verify_access_token
from rulemint_shared.clock import unix_s
from rulemint_shared.contract.records import SigningAlgorithm, SigningKey, Tenant

AUDIENCE = "https://api/"
ISSUERS = ["http://localhost:8080/", "https://localhost:8443/"]


@pytest.fixture(scope="module")
def material() -> key_material.KeyMaterial:
    return key_material.generate(SigningAlgorithm.ES256)


@pytest.fixture
def config(material: key_material.KeyMaterial) -> TenantConfig:
    made = TenantConfig(Tenant(name="default", issuer=ISSUERS[0]))
    key = SigningKey(
        kid=material.kid, algorithm=SigningAlgorithm.ES256, private_pem=b"", public_jwk=material.public_jwk
    )
    made.put(SIGNING_KEYS, key)
    return made


def token(material: key_material.KeyMaterial, **changes: Any) -> str:
    now_s = unix_s()
    claims = {"iss": ISSUERS[0], "aud": AUDIENCE, "sub": "x@clients", "client_id": "x", "iat": now_s, "exp": now_s + 60}
    return jwt.encode(
        {**claims, **changes}, material.private_pem.decode(), algorithm="ES256", headers={"kid": material.kid}
    )


def verify(text: str, config: TenantConfig) -> str:
    return verify_access_token(text, config, audience=AUDIENCE, issuers=ISSUERS, leeway_s=30).client_id


@pytest.mark.parametrize("issuer", ISSUERS)
def test_a_token_of_each_issuer_is_good(material: key_material.KeyMaterial, config: TenantConfig, issuer: str) -> None:
    assert verify(token(material, iss=issuer), config) == "x"


def test_a_token_of_another_issuer_is_refused(material: key_material.KeyMaterial, config: TenantConfig) -> None:
    with pytest.raises(TokenRefusedError):
        verify(token(material, iss="https://evil/"), config)


@pytest.mark.parametrize("ahead_s", [2, 25])
def test_a_token_of_a_gateway_whose_clock_is_ahead_is_good(
    material: key_material.KeyMaterial, config: TenantConfig, ahead_s: int
) -> None:
    assert verify(token(material, iat=unix_s() + ahead_s, exp=unix_s() + 60 + ahead_s), config) == "x"


def test_a_token_that_a_gateway_behind_ours_issued_is_good_a_moment_longer(
    material: key_material.KeyMaterial, config: TenantConfig
) -> None:
    assert verify(token(material, exp=unix_s() - 20), config) == "x"


def test_a_token_of_a_gateway_that_is_far_ahead_is_good(
    material: key_material.KeyMaterial, config: TenantConfig
) -> None:
    assert verify(token(material, iat=unix_s() + 300, exp=unix_s() + 360), config) == "x"


def test_a_token_that_expired_before_the_leeway_is_refused(
    material: key_material.KeyMaterial, config: TenantConfig
) -> None:
    with pytest.raises(TokenRefusedError, match="expired"):
        verify(token(material, exp=unix_s() - 90), config)
