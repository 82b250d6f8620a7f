from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import jwt
import msgspec
import pytest
from cryptography import x509

from rulemint_gateway.management.errors import ConflictError
from rulemint_gateway.management.resource_servers.bodies import CreateResourceServer, PatchResourceServer
from rulemint_gateway.management.resource_servers.resource_servers import ResourceServers
from rulemint_gateway.management.signing_keys import signing_keys
from rulemint_gateway.management.signing_keys.signing_keys import SigningKeyring
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import SIGNING_KEYS, TENANTS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_gateway.tokens.claims import TokenClaims
from rulemint_gateway.tokens.minter import Minter
from rulemint_gateway.tokens.signing_keys import PREVIOUS_KEPT_MS, SIGNED_LATE_MS, SigningKeys
from rulemint_gateway.tokens.signing_threads import open_signing_threads
from rulemint_shared.clock import unix_s
from rulemint_shared.contract.messages import Granted
from rulemint_shared.contract.records import ResourceServer, SigningAlgorithm, SigningKey, Tenant
from rulemint_shared.process.background import in_background
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.secrets.vault import Vault

T = DEFAULT_TENANT


class Keys:
    """A tenant's keys as a gateway has them."""

    def __init__(self, catalog: Catalog, store: ConfigStore) -> None:
        self.catalog = catalog
        self.store = store
        vault = Vault([base64.urlsafe_b64encode(secrets.token_bytes(32))])
        self.own = SigningKeys(catalog, store, vault)
        self.apis = ResourceServers(catalog, store, vault)
        self.ring = SigningKeyring(catalog, store, self.own)

    async def put(self, key: SigningKey) -> None:
        changes: Changes[None] = Changes(None)
        changes.put(SIGNING_KEYS, key)

        async def plan() -> Changes[None]:
            return changes

        await self.store.transact(T, plan)


@pytest.fixture
async def keys(empty_redis_url: str) -> AsyncIterator[Keys]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(empty_redis_url))
        subscriber = await stack.enter_async_context(open_subscriber(empty_redis_url))
        catalog = Catalog(redis)
        await catalog.load()
        in_background(stack, catalog.keep_fresh(subscriber))
        store = ConfigStore(redis, catalog)
        changes: Changes[None] = Changes(None)
        changes.put(TENANTS, Tenant(name=T, issuer="https://iss/"))

        async def plan() -> Changes[None]:
            return changes

        await store.transact(T, plan)
        yield Keys(catalog, store)


async def test_a_key_from_before_there_were_certificates_signs_and_is_listed(keys: Keys) -> None:
    made = await keys.own.new_key(T, SigningAlgorithm.RS256)
    await keys.put(msgspec.structs.replace(made, certificate="", is_next=False))
    await keys.own.ensure(T, SigningAlgorithm.RS256)
    assert {(key.kid, key.current) for key in await keys.ring.list(T) if not key.next} == {(made.kid, True)}
    first, again = await keys.ring.read(T, made.kid), await keys.ring.read(T, made.kid)
    assert "BEGIN CERTIFICATE" in first.cert
    assert first.current_since == again.current_since


async def test_a_key_that_no_token_can_need_any_longer_goes_at_the_next_rotation(keys: Keys) -> None:
    await keys.own.ensure(T, SigningAlgorithm.RS256)
    old = msgspec.structs.replace(await keys.own.new_key(T, SigningAlgorithm.RS256), is_next=False, current_since_ms=1)
    now_ms = old.created_at_ms
    long_ago_ms = now_ms - PREVIOUS_KEPT_MS - SIGNED_LATE_MS
    outlived = msgspec.structs.replace(old, kid="outlived", current_until_ms=long_ago_ms - 60_000)
    needed = msgspec.structs.replace(old, kid="needed", current_until_ms=long_ago_ms + 60_000)
    await keys.put(outlived)
    await keys.put(needed)
    await keys.ring.rotate(T)
    kids = keys.catalog.tenant(T).signing_keys
    assert "needed" in kids
    assert "outlived" not in kids


async def test_a_key_is_published_until_its_last_token_has_expired(keys: Keys) -> None:
    made = await keys.own.new_key(T, SigningAlgorithm.RS256)
    now_ms = made.created_at_ms
    old = msgspec.structs.replace(made, is_next=False, current_since_ms=1, current_until_ms=now_ms - 7_200_000)
    over_ms = now_ms - SIGNED_LATE_MS - 1_000
    for kid, until_ms in (("over", over_ms), ("good", now_ms + 60_000)):
        await keys.put(
            msgspec.structs.replace(old, kid=kid, public_jwk={**made.public_jwk, "kid": kid}, tokens_until_ms=until_ms)
        )
    assert [key["kid"] for key in keys.own.public_jwks(T)] == ["good"]


@pytest.mark.parametrize("leaves", ["deleted", "shortened"])
async def test_a_key_outlives_the_tokens_of_an_api_that_left_before_the_rotation(keys: Keys, leaves: str) -> None:
    await keys.own.ensure(T, SigningAlgorithm.ES256)
    month_s = 2_592_000
    long = CreateResourceServer(identifier="https://long/", signing_alg=SigningAlgorithm.ES256, token_lifetime=month_s)
    short = CreateResourceServer(identifier="https://short/", signing_alg=SigningAlgorithm.ES256, token_lifetime=60)
    api = (await keys.apis.create(T, long)).answer
    await keys.apis.create(T, short)
    if leaves == "deleted":
        await keys.apis.delete(T, api.id)
    else:
        await keys.apis.patch(T, api.id, PatchResourceServer(token_lifetime=60))
    signing = keys.catalog.tenant(T).signing_key(SigningAlgorithm.ES256)
    assert signing is not None
    await keys.ring.rotate(T)
    retired = keys.catalog.tenant(T).signing_keys[signing.kid]
    assert retired.current_until_ms is not None
    assert retired.tokens_until_ms > retired.current_until_ms + (month_s - 3_600) * 1_000


async def test_a_rotated_key_is_published_for_the_longest_lifetime_of_its_apis(keys: Keys) -> None:
    await keys.own.ensure(T, SigningAlgorithm.ES256)
    for name, lifetime_s in (("a", 60), ("b", 7_200)):
        body = CreateResourceServer(
            identifier=f"https://{name}/", signing_alg=SigningAlgorithm.ES256, token_lifetime=lifetime_s
        )
        await keys.apis.create(T, body)
    signing = keys.catalog.tenant(T).signing_key(SigningAlgorithm.ES256)
    assert signing is not None
    await keys.ring.rotate(T)
    retired = keys.catalog.tenant(T).signing_keys[signing.kid]
    assert retired.current_until_ms is not None
    assert retired.tokens_until_ms == retired.current_until_ms + 7_200_000


async def test_a_tenant_keeps_no_more_keys_than_the_limit(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_keys, "MAX_KEYS", 3)
    await keys.own.ensure(T, SigningAlgorithm.RS256)
    await keys.ring.rotate(T)
    with pytest.raises(ConflictError):
        await keys.ring.rotate(T)
    assert len(keys.catalog.tenant(T).signing_keys) == 3


@pytest.mark.parametrize("threads", [1, 0], ids=["signed on a thread", "signed in the loop"])
async def test_the_published_key_has_its_certificate_as_x5c_and_x5t_and_verifies_a_token(
    keys: Keys, threads: int
) -> None:
    """RFC 7517 §4.7; validators of Auth0's quickstarts build the key from ``x5c[0]``."""
    api = ResourceServer(id="1", identifier="https://api/")
    claims = TokenClaims(
        Granted(scope=[]),
        issuer="https://iss/",
        client_id="c",
        api=api,
        grant_scope=(),
        gty="client-credentials",
        now_s=int(unix_s()),
        jti="exc_1",
    )
    with open_signing_threads() as signing:
        minted = await Minter(keys.own, signing if threads else None).mint(T, claims)
    header = jwt.get_unverified_header(minted.token)
    assert header == {"typ": "at+jwt", "alg": "RS256", "kid": minted.kid}
    (published,) = [key for key in keys.own.public_jwks(T) if key["kid"] == minted.kid]
    assert {name: published[name] for name in ("kty", "alg", "use", "e")} == {
        "kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB",
    }  # fmt: skip
    (encoded,) = published["x5c"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(encoded))
    public_key = certificate.public_key()
    assert jwt.decode(minted.token, public_key, algorithms=["RS256"], audience=api.identifier)  # type: ignore[arg-type]  # an RSA key
    assert len(base64.urlsafe_b64decode(published["x5t"] + "=")) == 20
    assert "d" not in published
