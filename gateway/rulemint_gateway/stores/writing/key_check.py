"""Checks that the master key is the one that the stored secrets were encrypted with, before anything is served.

The store keeps one ciphertext for the gateway and one for the runners. A process that cannot open its own has another
key. It would refuse every client, or mint with keys that nobody can verify.
"""

from __future__ import annotations

from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.vault import Purpose, Vault, VaultError

_CONTENT = b"rulemint"
_OTHER_KEY = (
    "RULEMINT_MASTER_KEY_FILE is not the master key that this server's secrets were encrypted with{what}: "
    "put the right key file back, or start with an empty server"
)


async def check_master_key(redis: RedisClient, catalog: Catalog, vault: Vault) -> None:
    """Compare *vault* with what the store keeps of its key, or keep that if nothing is there yet.

    Raises:
        VaultError: it is another key, or one that is needed is missing from the file.
        RedisError, OSError: Redis does not answer.
    """
    kept = await redis.get(redis_keys.KEY_CHECK)
    if kept is not None:
        _open(vault, kept, Purpose.KEY_CHECK, what="")
    for tenant in catalog.tenant_names():
        for key in catalog.tenant(tenant).signing_keys.values():
            if key.revoked_at_ms is None and key.current_until_ms is None:
                what = f" (the signing key {key.kid} of the tenant {tenant})"
                _open(vault, key.private_pem, Purpose.SIGNING_KEYS, what=what)
    await redis.set(redis_keys.KEY_CHECK, vault.encrypt(_CONTENT, purpose=Purpose.KEY_CHECK), nx=True)
    await redis.set(redis_keys.RUNNER_KEY_CHECK, vault.encrypt(_CONTENT, purpose=Purpose.RULE_SECRETS), nx=True)


def _open(vault: Vault, ciphertext: bytes, purpose: Purpose, *, what: str) -> None:
    try:
        vault.decrypt(ciphertext, purpose=purpose)
    except VaultError:
        raise VaultError(_OTHER_KEY.format(what=what)) from None
