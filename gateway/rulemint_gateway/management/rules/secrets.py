"""The secrets of a rule: written, replaced, deleted, never shown again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.fields import SecretName, SecretValue
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.stores.catalog.reading import read_record
from rulemint_gateway.stores.catalog.tables import RULE_SECRETS, RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs
from rulemint_shared.contract.records import Rule, RuleSecrets
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.vault import Purpose, Vault

MAX_SECRETS = 30
NOT_SHOWN = "_VALUE_NOT_SHOWN_"

SecretValues = Annotated[dict[SecretName, SecretValue], Meta(min_length=1, max_length=MAX_SECRETS)]
NamesOfSecrets = dict[str, Literal["_VALUE_NOT_SHOWN_"]]
"""Answers show this in place of a secret."""
SecretNames = Annotated[list[SecretName], Meta(min_length=1, max_length=MAX_SECRETS)]


class SecretsState(msgspec.Struct, frozen=True, kw_only=True):
    """The ETag of a rule's secrets is made from this."""

    names: tuple[str, ...]
    revision: int


class RuleSecretsOf:
    """The use cases of ``/api/v2/rules/{id}/secrets``."""

    def __init__(self, redis: RedisClient, records: RuleRecords, store: ConfigStore, vault: Vault) -> None:
        self._redis = redis
        self._records = records
        self._store = store
        self._vault = vault

    def names(self, tenant: str, rule_id: str) -> dict[str, str]:
        """The names, each with a placeholder for its value."""
        return dict.fromkeys(self._records.find(tenant, rule_id).secret_names, NOT_SHOWN)

    async def state(self, tenant: str, rule_id: str) -> SecretsState:
        """The ETag of the list is made from this: another value is another state, though no answer shows it."""
        rule = self._records.find(tenant, rule_id)
        return SecretsState(names=rule.secret_names, revision=rule.secrets_revision)

    async def add(self, tenant: str, rule_id: str, values: dict[str, str]) -> None:
        """Add new secrets; a name that exists is refused."""

        def change(old: dict[str, str]) -> dict[str, str]:
            if taken := sorted(old.keys() & values.keys()):
                raise ConflictError(f"Secret with the same name already exists: {', '.join(taken)}", field=taken[0])
            return {**old, **values}

        await self._change(tenant, rule_id, change)

    async def replace(self, tenant: str, rule_id: str, values: dict[str, str]) -> None:
        """Give existing secrets new values; an unknown name is refused."""

        def change(old: dict[str, str]) -> dict[str, str]:
            if values.keys() - old.keys():
                raise NotFoundError("secret", code="inexistent_secret")
            return {**old, **values}

        await self._change(tenant, rule_id, change)

    async def delete(self, tenant: str, rule_id: str, names: Sequence[str]) -> None:
        """Delete secrets; a name that is not there is no error."""
        await self._change(tenant, rule_id, _without(names))

    async def plan_delete(self, tenant: str, rule_id: str, names: Collection[str], changes: Changes[Any]) -> None:
        """Delete secrets with *changes*; a name that is not there is no error."""
        await self._plan(tenant, rule_id, _without(names), changes)

    async def plan_change(
        self, tenant: str, rule: Rule, change: Callable[[dict[str, str]], dict[str, str]], changes: Changes[Any]
    ) -> Rule:
        """*rule* with the secrets that *change* makes of its own; they are written with *changes*, *rule* is not yet.

        Raises:
            InvalidBodyError: they are too many.
        """
        old = await self._values(tenant, rule)
        values = change(old)
        if values == old:
            return rule
        if len(values) > MAX_SECRETS:
            raise InvalidBodyError(f"A rule may have {MAX_SECRETS} secrets at most")
        now_ms = unix_ms()
        ciphertext = self._vault.encrypt(codecs.secret_values.encode(values), purpose=Purpose.RULE_SECRETS)
        stored = RuleSecrets(rule_id=rule.id, revision=rule.secrets_revision + 1, ciphertext=ciphertext)
        times = {
            name: rule.secret_times_ms.get(name, rule.created_at_ms) if old.get(name) == value else now_ms
            for name, value in sorted(values.items())
        }
        changes.put(RULE_SECRETS, stored)
        return msgspec.structs.replace(
            rule,
            secrets_revision=stored.revision,
            secret_names=tuple(times),
            secret_times_ms=times,
            updated_at_ms=now_ms,
        )

    async def _change(self, tenant: str, rule_id: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            await self._plan(tenant, rule_id, change, changes)
            return changes

        await self._store.transact(tenant, plan)

    async def _plan(
        self, tenant: str, rule_id: str, change: Callable[[dict[str, str]], dict[str, str]], changes: Changes[Any]
    ) -> None:
        rule = self._records.find(tenant, rule_id)
        changed = await self.plan_change(tenant, rule, change, changes)
        if changed is not rule:
            changes.put(RULES, changed)

    async def _values(self, tenant: str, rule: Rule) -> dict[str, str]:
        stored = await read_record(self._redis, RULE_SECRETS, tenant, rule.id)
        if not isinstance(stored, RuleSecrets):
            return {}
        return codecs.secret_values.decode(self._vault.decrypt(stored.ciphertext, purpose=Purpose.RULE_SECRETS))


def _without(names: Collection[str]) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda old: {name: value for name, value in old.items() if name not in names}
