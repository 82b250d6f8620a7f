"""The record kinds, each with its Redis hash, its codec and the field that identifies a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.codecs import Codec
from rulemint_shared.contract.records import (
    Client,
    ClientGrant,
    ResourceServer,
    Rule,
    RuleSecrets,
    RuleVersion,
    SigningKey,
    Tenant,
)

R = TypeVar("R")


@dataclass(frozen=True)
class Table(Generic[R]):
    """One kind of record: the hash *key(tenant)*, from *id_of(record)* to the record."""

    kind: str
    key: Callable[[str], str]
    codec: Codec[R]
    id_of: Callable[[R], str]


TENANTS: Table[Tenant] = Table("tenants", lambda _tenant: redis_keys.TENANTS, codecs.tenant, lambda record: record.name)
CLIENTS: Table[Client] = Table("clients", redis_keys.clients, codecs.client, lambda record: record.client_id)
RESOURCE_SERVERS: Table[ResourceServer] = Table(
    "resource-servers", redis_keys.resource_servers, codecs.resource_server, lambda record: record.id
)
CLIENT_GRANTS: Table[ClientGrant] = Table(
    "client-grants", redis_keys.client_grants, codecs.client_grant, lambda record: record.id
)
RULES: Table[Rule] = Table("rules", redis_keys.rules, codecs.rule, lambda record: record.id)
SIGNING_KEYS: Table[SigningKey] = Table(
    "signing-keys", redis_keys.signing_keys, codecs.signing_key, lambda record: record.kid
)

RULE_VERSIONS: Table[RuleVersion] = Table(
    "rule-versions",
    redis_keys.rule_versions,
    codecs.rule_version,
    lambda record: redis_keys.rule_version_field(record.rule_id, record.version),
)
RULE_SECRETS: Table[RuleSecrets] = Table(
    "rule-secrets", redis_keys.rule_secrets, codecs.rule_secrets, lambda record: record.rule_id
)
