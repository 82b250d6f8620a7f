from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fixtures.management import Management
from fixtures.tenants import a_tenant

KEYS = "/api/v2/keys/signing"


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        yield opened


async def published(tenant: Management) -> set[str]:
    return {key["kid"] for key in (await tenant.call("GET", "/.well-known/jwks.json")).body["keys"]}


async def listed(tenant: Management) -> dict[str, dict[str, Any]]:
    """State → its newest key."""
    keys = (await tenant.call("GET", KEYS)).body
    return {state: key for state in ("current", "next", "previous") for key in reversed(keys) if key[state]}


async def kid_of_a_token(tenant: Management) -> str:
    client = await tenant.a_client()
    kid: str = jwt.get_unverified_header((await tenant.ask(client.request())).body["access_token"])["kid"]
    return kid


async def test_a_rotation_makes_the_published_next_key_the_one_that_signs(tenant: Management) -> None:
    before = await listed(tenant)
    assert await published(tenant) == {before["current"]["kid"], before["next"]["kid"]}
    rotated = await tenant.call("POST", f"{KEYS}/rotate")
    assert (rotated.status, rotated.body["kid"]) == (201, before["next"]["kid"]), rotated.text
    after = await listed(tenant)
    assert after["current"]["kid"] == before["next"]["kid"]
    assert after["previous"]["kid"] == before["current"]["kid"]
    assert await kid_of_a_token(tenant) == after["current"]["kid"]
    assert await published(tenant) == {after[state]["kid"] for state in ("current", "next", "previous")}
    assert (await tenant.call("GET", "/api/v2/clients")).status == 200, "a token of the previous key is still good"


async def test_a_revoked_key_is_published_no_longer_and_its_tokens_open_nothing(tenant: Management) -> None:
    await tenant.call("POST", f"{KEYS}/rotate")
    previous = (await listed(tenant))["previous"]["kid"]
    old_token = tenant.token
    await tenant.log_in()
    revoked = await tenant.call("PUT", f"{KEYS}/{previous}/revoke")
    assert (revoked.status, revoked.body["kid"]) == (200, previous), revoked.text
    assert previous not in await published(tenant)
    read = (await tenant.call("GET", f"{KEYS}/{previous}")).body
    assert (read["revoked"], read["previous"], "revoked_at" in read) == (True, True, True)
    assert (await tenant.call("GET", "/api/v2/clients", token=old_token)).status == 401


async def test_the_keys_that_sign_now_or_next_cannot_be_revoked(tenant: Management) -> None:
    for key in (await listed(tenant)).values():
        refused = await tenant.call("PUT", f"{KEYS}/{key['kid']}/revoke")
        assert (refused.status, refused.body["errorCode"]) == (400, "operation_not_supported")
    assert (await tenant.call("PUT", f"{KEYS}/nonsense/revoke")).status == 404
    assert (await tenant.call("GET", f"{KEYS}/nonsense")).status == 404


async def test_a_key_shows_the_certificate_of_its_public_half(tenant: Management) -> None:
    keys = (await tenant.call("GET", "/.well-known/jwks.json")).body["keys"]
    for key in (await tenant.call("GET", KEYS)).body:
        certificate = x509.load_pem_x509_certificate(key["cert"].encode())
        certificate.verify_directly_issued_by(certificate)
        public = certificate.public_key()
        assert isinstance(public, RSAPublicKey)
        jwk = next(each for each in keys if each["kid"] == key["kid"])
        assert jwt.PyJWK(jwk).key.public_numbers() == public.public_numbers()
        assert key["fingerprint"].replace(":", "") == key["thumbprint"]
        assert key["pkcs7"].startswith("-----BEGIN PKCS7-----")
        assert "PRIVATE" not in str(key)


async def test_every_algorithm_in_use_is_rotated(tenant: Management) -> None:
    client = await tenant.a_client(signing_alg="ES256")

    async def kid() -> str:
        token = (await tenant.ask(client.request())).body["access_token"]
        return str(jwt.get_unverified_header(token)["kid"])

    before = await kid()
    await tenant.call("POST", f"{KEYS}/rotate")
    assert await kid() != before
    assert before in await published(tenant)
