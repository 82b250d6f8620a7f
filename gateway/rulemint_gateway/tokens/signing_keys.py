"""The tenants' signing keys: made at first need, encrypted at rest, loaded once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import SIGNING_KEYS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore, StoreUnavailableError
from rulemint_gateway.tokens import certificates, key_material
from rulemint_gateway.tokens.signing import UsableKey
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import ResourceServer, SigningAlgorithm, SigningKey
from rulemint_shared.fairness.turns import Turns
from rulemint_shared.secrets.vault import Purpose, Vault

MADE_AT_ONCE, WAIT_S = 2, 10.0
"""An RSA key takes a processor for a tenth of a second, and more if it has no luck."""
WAITING, WAITING_OF_ONE_TENANT = 256, 32

PREVIOUS_KEPT_MS = 31 * 86_400_000
"""A day longer than a token can live: for a key whose last token is not known."""
SIGNED_LATE_MS = 60_000
"""The time in which other gateways may still sign with the key before, and verifiers' clocks may differ."""


class SigningKeys:
    """Hands out the key that an API's tokens are signed with."""

    def __init__(self, catalog: Catalog, store: ConfigStore, vault: Vault) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault
        self._usable: dict[str | bytes, UsableKey] = {}
        self._making = asyncio.Lock()
        self._turns = Turns(MADE_AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)

    async def for_api(self, tenant: str, api: ResourceServer) -> UsableKey:
        """The key of *api*'s algorithm: its own secret for HS256, else the tenant's current key.

        Raises:
            StoreUnavailableError: a first key was needed and could not be kept.
            VaultError: the stored key does not open under the master key.
        """
        if api.signing_alg is SigningAlgorithm.HS256:
            return self._secret_of(api)
        record = self._catalog.tenant(tenant).signing_key(api.signing_alg) or await self._make(tenant, api.signing_alg)
        return self._usable.get(record.kid) or self._load(record)

    async def ensure(self, tenant: str, algorithm: SigningAlgorithm) -> None:
        """Make the tenant's key of *algorithm* now if it has none, so that no token waits for it; and the next one."""
        if self._catalog.tenant(tenant).signing_key(algorithm) is None:
            await self._make(tenant, algorithm)
        if self._catalog.tenant(tenant).next_signing_key(algorithm) is None:
            made = await self.new_key(tenant, algorithm)
            await self._keep(tenant, made, unless=lambda: self._catalog.tenant(tenant).next_signing_key(algorithm))

    async def first_keys(self, tenant: str, algorithm: SigningAlgorithm) -> tuple[SigningKey, SigningKey]:
        """The key that a new tenant signs with, and the one that follows it."""
        now_ms = unix_ms()
        return (
            await self.new_key(tenant, algorithm, current_since_ms=now_ms),
            await self.new_key(tenant, algorithm),
        )

    async def new_key(
        self, tenant: str, algorithm: SigningAlgorithm, *, current_since_ms: int | None = None
    ) -> SigningKey:
        """A key that no tenant has yet; without *current_since_ms* it is one that comes next.

        Raises:
            NoTurnError: too many of the tenant's are being made.
        """
        now_ms = unix_ms()
        async with self._turns.taken(tenant, within_s=WAIT_S):
            material = await asyncio.to_thread(key_material.generate, algorithm)
            certificate = await asyncio.to_thread(
                certificates.self_signed, material.private_pem, common_name=tenant, now_ms=now_ms
            )
        return SigningKey(
            kid=material.kid,
            algorithm=algorithm,
            private_pem=self._vault.encrypt(material.private_pem, purpose=Purpose.SIGNING_KEYS),
            public_jwk=material.public_jwk,
            created_at_ms=now_ms,
            certificate=certificate,
            current_since_ms=current_since_ms,
            is_next=current_since_ms is None,
        )

    def certificate_of(self, tenant: str, record: SigningKey) -> str:
        """The certificate of a stored key, PEM; made anew each time for a key from before there were any.

        Raises:
            VaultError: such a key does not open under the master key.
        """
        if record.certificate:
            return record.certificate
        pem = self._vault.decrypt(record.private_pem, purpose=Purpose.SIGNING_KEYS)
        return certificates.self_signed(pem, common_name=tenant, now_ms=record.created_at_ms)

    def public_jwks(self, tenant: str) -> list[dict[str, Any]]:
        """The public keys of the tenant that a good token may have been signed with, oldest first (RFC 7517 §5)."""
        now_ms = unix_ms()
        keys = self._catalog.tenant(tenant).signing_keys.values()
        records = [key for key in keys if key.revoked_at_ms is None and not is_outlived(key, now_ms=now_ms)]
        return [_public_jwk(record) for record in sorted(records, key=lambda record: record.created_at_ms)]

    async def _make(self, tenant: str, algorithm: SigningAlgorithm) -> SigningKey:
        async with self._making:
            if existing := self._catalog.tenant(tenant).signing_key(algorithm):
                return existing
            if self._catalog.tenant(tenant).unreadable_signing_keys:
                raise StoreUnavailableError("a signing key of the tenant cannot be read, and none is made in its place")
            made = await self.new_key(tenant, algorithm, current_since_ms=unix_ms())
            return await self._keep(tenant, made, unless=lambda: self._catalog.tenant(tenant).signing_key(algorithm))

    async def _keep(self, tenant: str, made: SigningKey, *, unless: Callable[[], SigningKey | None]) -> SigningKey:
        """*made*, stored, unless another gateway was faster; then its key."""

        async def plan() -> Changes[SigningKey]:
            if existing := unless():
                return Changes(existing)
            changes = Changes(made)
            changes.put(SIGNING_KEYS, made)
            return changes

        return await self._store.transact(tenant, plan)

    def _load(self, record: SigningKey) -> UsableKey:
        pem = self._vault.decrypt(record.private_pem, purpose=Purpose.SIGNING_KEYS)
        usable = UsableKey(record.algorithm, key_material.load_private_key(pem), record.kid)
        self._usable[record.kid] = usable
        return usable

    def _secret_of(self, api: ResourceServer) -> UsableKey:
        ciphertext = api.signing_secret or b""
        if ciphertext not in self._usable:
            secret = self._vault.decrypt(ciphertext, purpose=Purpose.SIGNING_KEYS)
            self._usable[ciphertext] = UsableKey(SigningAlgorithm.HS256, secret, None)
        return self._usable[ciphertext]


def is_outlived(key: SigningKey, *, now_ms: int) -> bool:
    """True if every token that *key* signed has expired."""
    if key.current_until_ms is None:
        return False
    until_ms = key.tokens_until_ms or key.current_until_ms + PREVIOUS_KEPT_MS
    return until_ms + SIGNED_LATE_MS < now_ms


def _public_jwk(record: SigningKey) -> dict[str, Any]:
    """The public key, with its certificate unless the key is from before there were any."""
    certificate = certificates.CertificateView(record.certificate).jwk_members if record.certificate else {}
    return {**record.public_jwk, **certificate}
