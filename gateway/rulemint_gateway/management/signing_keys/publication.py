"""Decides how long a signing key is published: until the longest-lived token that it signed has expired (RFC 7517 §5).

A rotation knows the APIs of its moment. An API may leave before, or its tokens may live shorter from now on. Then it
may have tokens that outlive those of the others. So the key that signed them remembers when the last of them expires.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.stores.catalog.tables import SIGNING_KEYS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.writing.config_store import Changes
from rulemint_shared.contract.records import ResourceServer, SigningAlgorithm, SigningKey


def retired(config: TenantConfig, key: SigningKey, *, now_ms: int) -> SigningKey:
    """*key* as a rotation leaves it: it signs no more, and its last tokens expire with their API's lifetime."""
    lifetime_s = _longest_lifetime_s(config, key.algorithm)
    return msgspec.structs.replace(
        key, current_until_ms=now_ms, tokens_until_ms=max(key.tokens_until_ms, now_ms + lifetime_s * 1_000)
    )


def plan_outliving(
    config: TenantConfig, before: ResourceServer, after: ResourceServer | None, changes: Changes[Any], *, now_ms: int
) -> None:
    """Note with *changes* until when the tokens of *before* live, if no other API's would live as long."""
    kept_s = _longest_lifetime_s(config, before.signing_alg, instead_of=before, after=after)
    key = _pending(changes, config.signing_key(before.signing_alg))
    until_ms = now_ms + before.token_lifetime_s * 1_000
    if key is not None and before.token_lifetime_s > kept_s and until_ms > key.tokens_until_ms:
        changes.put(SIGNING_KEYS, msgspec.structs.replace(key, tokens_until_ms=until_ms))


def _longest_lifetime_s(
    config: TenantConfig,
    algorithm: SigningAlgorithm,
    *,
    instead_of: ResourceServer | None = None,
    after: ResourceServer | None = None,
) -> int:
    """Of the tokens that *algorithm* signs, once *instead_of* has become *after*."""
    apis = [api for api in config.resource_servers.values() if instead_of is None or api.id != instead_of.id]
    apis += [after] if after is not None else []
    return max((api.token_lifetime_s for api in apis if api.signing_alg is algorithm), default=0)


def _pending(changes: Changes[Any], key: SigningKey | None) -> SigningKey | None:
    """*key* as *changes* leave it so far: several APIs may be deleted in one transaction."""
    if key is None:
        return None
    planned = [record for table, record in changes.puts if table is SIGNING_KEYS and record.kid == key.kid]
    return planned[-1] if planned else key
