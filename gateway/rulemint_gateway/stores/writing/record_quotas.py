"""Quotas of configuration: a tenant's records are counted in the transaction that adds to them, so none passes unseen.

What a tenant has already is never refused: it may be changed and deleted when a limit was lowered below it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, RULE_VERSIONS, RULES
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Rule
from rulemint_shared.redis.client import RedisClient

MIB = 1024 * 1024
_READ_AT_ONCE = 1_000


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """Of each tenant."""

    rules: int = 1_000
    clients: int = 200_000
    resource_servers: int = 5_000
    client_grants: int = 400_000
    rule_secrets: int = 10_000
    """Of all rules together."""
    script_bytes: int = 64 * MIB
    """Of all versions of all rules, drafts too, as they are stored."""


USUAL_QUOTAS = Quotas()
NO_QUOTAS = Quotas(**dict.fromkeys(Quotas.__struct_fields__, sys.maxsize))
"""For what a gateway does by itself."""


class QuotaExceededError(Exception):
    """A tenant has as much as it may. *what* it is, how much of it there may be, and the setting that says so."""

    def __init__(self, what: str, limit: str, setting: str) -> None:
        super().__init__(f"{limit} {what}")
        self.what = what
        self.limit = limit
        self.setting = setting


def check_counts(quotas: Quotas, config: TenantConfig | None, puts: Sequence[Any], deletes: Iterable[Any]) -> None:
    """Refuse *puts* that make more records than there may be; *config* is what the tenant has, None if it is new.

    Raises:
        QuotaExceededError: they do.
    """
    gone = set(deletes)
    for table, limit, what, setting in (
        (RULES, quotas.rules, "rules", "RULEMINT_MAX_RULES"),
        (CLIENTS, quotas.clients, "clients", "RULEMINT_MAX_CLIENTS"),
        (RESOURCE_SERVERS, quotas.resource_servers, "resource servers", "RULEMINT_MAX_RESOURCE_SERVERS"),
        (CLIENT_GRANTS, quotas.client_grants, "client grants", "RULEMINT_MAX_CLIENT_GRANTS"),
    ):
        had: Mapping[str, Any] = {} if config is None else config.records(table)
        written = {table.id_of(record) for kind, record in puts if kind is table}
        deleted = sum(kind is table and record_id in had for kind, record_id in gone)
        added = sum(record_id not in had for record_id in written) - deleted
        if added > 0 and len(had) + added > limit:
            raise QuotaExceededError(what, str(limit), setting)
    _check_secrets(quotas, config, [record for kind, record in puts if kind is RULES])


def _check_secrets(quotas: Quotas, config: TenantConfig | None, written: Sequence[Rule]) -> None:
    had = {} if config is None else config.rules
    added = sum(len(rule.secret_names) - len(had[rule.id].secret_names if rule.id in had else ()) for rule in written)
    if added <= 0:
        return
    if sum(len(rule.secret_names) for rule in had.values()) + added > quotas.rule_secrets:
        raise QuotaExceededError("secrets of rules", str(quotas.rule_secrets), "RULEMINT_MAX_RULE_SECRETS")


async def script_bytes_after(
    redis: RedisClient, quotas: Quotas, tenant: str, puts: Sequence[Any], deletes: Iterable[Any]
) -> int | None:
    """The number of bytes of all versions of all rules after the change; None if it changes none.

    Raises:
        QuotaExceededError: there would be more than there may be.
    """
    written = {RULE_VERSIONS.id_of(record): record for kind, record in puts if kind is RULE_VERSIONS}
    gone = [record_id for kind, record_id in deletes if kind is RULE_VERSIONS]
    if not written and not gone:
        return None
    before = await script_bytes_of(redis, tenant)
    freed = sum(await _sizes(redis, tenant, [*written, *gone]))
    added = sum(len(RULE_VERSIONS.codec.encode(record)) for record in written.values())
    after = before - freed + added
    if after > before and after > quotas.script_bytes:
        limit = f"{quotas.script_bytes / MIB:g} MiB"
        raise QuotaExceededError("of scripts, all versions of all rules together", limit, "RULEMINT_MAX_SCRIPTS_MB")
    return after


async def script_bytes_of(redis: RedisClient, tenant: str) -> int:
    """The bytes of all versions of all rules: as counted, or by a look at each version if nobody has counted yet."""
    counted = await redis.get(redis_keys.script_bytes(tenant))
    if counted is not None:
        return int(counted)
    names = await redis.hkeys(RULE_VERSIONS.key(tenant))  # type: ignore[misc]  # redis-py's stub is not async here
    return sum(await _sizes(redis, tenant, [name.decode() for name in names]))


async def _sizes(redis: RedisClient, tenant: str, names: Sequence[str]) -> list[int]:
    sizes: list[int] = []
    for start in range(0, len(names), _READ_AT_ONCE):
        async with redis.pipeline(transaction=False) as pipe:
            for name in names[start : start + _READ_AT_ONCE]:
                pipe.hstrlen(RULE_VERSIONS.key(tenant), name)
            sizes += await pipe.execute()
    return sizes
