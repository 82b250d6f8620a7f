"""The tenant's signing keys: list, read, rotate, revoke.

Each algorithm in use has a current key, which signs. A next one is published, so that verifiers that cache keys have it
in time. Previous ones are published until no token that they signed can be good any more.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.signing_keys.publication import retired
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import SIGNING_KEYS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_gateway.tokens.certificates import CertificateView
from rulemint_gateway.tokens.signing_keys import SigningKeys, is_outlived
from rulemint_shared.clock import rfc3339_ms, unix_ms
from rulemint_shared.contract.records import SigningAlgorithm, SigningKey

MAX_KEYS = 100


class SigningKeyAnswer(Answer, frozen=True, kw_only=True):
    """A signing key and its certificate, both public."""

    kid: str
    alg: SigningAlgorithm
    cert: str
    pkcs7: str
    fingerprint: str
    thumbprint: str
    current: bool
    next: bool
    previous: bool
    revoked: bool
    current_since: Moment | UnsetType = UNSET
    current_until: Moment | UnsetType = UNSET
    revoked_at: Moment | UnsetType = UNSET


class ChangedKey(Answer, frozen=True, kw_only=True):
    """The key that a rotation made current, or that was revoked."""

    cert: str
    kid: str


class KeysState(Answer, frozen=True, kw_only=True):
    """The ETag of the list of keys is made from this."""

    keys: list[SigningKeyAnswer]


class SigningKeyring:
    """The use cases of ``/api/v2/keys/signing``."""

    def __init__(self, catalog: Catalog, store: ConfigStore, signing_keys: SigningKeys) -> None:
        self._catalog = catalog
        self._store = store
        self._signing_keys = signing_keys

    async def list(self, tenant: str) -> list[SigningKeyAnswer]:
        """All keys, the newest first."""
        keys = self._catalog.tenant(tenant).signing_keys.values()
        newest_first = sorted(keys, key=lambda key: (key.created_at_ms, key.kid), reverse=True)
        return [self._answer(tenant, key) for key in newest_first]

    async def read(self, tenant: str, kid: str) -> SigningKeyAnswer:
        """One key."""
        return self._answer(tenant, self._find(tenant, kid))

    async def rotate(self, tenant: str) -> ChangedKey:
        """Let the next key of every algorithm in use sign from now on; the answer shows the one of RS256.

        Raises:
            ConflictError: the tenant has too many keys that tokens may still have been signed with.
        """
        algorithms = {key.algorithm for key in self._catalog.tenant(tenant).signing_keys.values()}
        algorithms.add(SigningAlgorithm.RS256)
        fresh = {
            each: [await self._signing_keys.new_key(tenant, each) for _ in range(2)] for each in sorted(algorithms)
        }

        async def plan() -> Changes[SigningKey]:
            now_ms = unix_ms()
            config = self._catalog.tenant(tenant)
            signing: dict[SigningAlgorithm, SigningKey] = {}
            changed: list[SigningKey] = []
            for algorithm, (spare, following) in fresh.items():
                upcoming = config.next_signing_key(algorithm) or spare
                signing[algorithm] = msgspec.structs.replace(upcoming, is_next=False, current_since_ms=now_ms)
                changed += [signing[algorithm], following]
                if current := config.signing_key(algorithm):
                    changed.append(retired(config, current, now_ms=now_ms))
            changes = Changes(signing[SigningAlgorithm.RS256])
            for key in changed:
                changes.put(SIGNING_KEYS, key)
            old = [key.kid for key in config.signing_keys.values() if is_outlived(key, now_ms=now_ms)]
            if len(config.signing_keys) - len(old) >= MAX_KEYS:
                message = f"A tenant keeps {MAX_KEYS} keys at most, each until its tokens have expired: rotate later"
                raise ConflictError(message, code="too_many_keys")
            for kid in old:
                changes.delete(SIGNING_KEYS, kid)
            return changes

        key = await self._store.transact(tenant, plan)
        return ChangedKey(cert=self._signing_keys.certificate_of(tenant, key), kid=key.kid)

    async def revoke(self, tenant: str, kid: str) -> ChangedKey:
        """Stop publishing the key: verifiers refuse the tokens that it signed from now on.

        Raises:
            InvalidBodyError: it is the current one or the next one.
        """

        async def plan() -> Changes[SigningKey]:
            key = self._find(tenant, kid)
            if key.current_until_ms is None:
                raise InvalidBodyError(
                    "Only a previous key can be revoked: rotate first, twice for the next one",
                    code="operation_not_supported",
                )
            changes = Changes(msgspec.structs.replace(key, revoked_at_ms=key.revoked_at_ms or unix_ms()))
            changes.put(SIGNING_KEYS, changes.result)
            return changes

        key = await self._store.transact(tenant, plan)
        return ChangedKey(cert=self._signing_keys.certificate_of(tenant, key), kid=key.kid)

    def _find(self, tenant: str, kid: str) -> SigningKey:
        key = self._catalog.tenant(tenant).signing_keys.get(kid)
        if key is None:
            raise NotFoundError("signing key", code="inexistent_signing_key")
        return key

    def _answer(self, tenant: str, key: SigningKey) -> SigningKeyAnswer:
        certificate = CertificateView(self._signing_keys.certificate_of(tenant, key))
        is_current = not key.is_next and key.current_until_ms is None
        return SigningKeyAnswer(
            kid=key.kid,
            alg=key.algorithm,
            cert=certificate.pem,
            pkcs7=certificate.pkcs7,
            fingerprint=certificate.fingerprint,
            thumbprint=certificate.thumbprint,
            current=is_current,
            next=key.is_next,
            previous=not is_current and not key.is_next,
            revoked=key.revoked_at_ms is not None,
            current_since=UNSET if key.is_next else rfc3339_ms(key.current_since_ms or key.created_at_ms),
            current_until=_moment(key.current_until_ms),
            revoked_at=_moment(key.revoked_at_ms),
        )


def _moment(at_ms: int | None) -> Moment | UnsetType:
    return UNSET if at_ms is None else rfc3339_ms(at_ms)
