"""Rules: create, read, list, patch, delete. Every changed script is a new immutable version."""

from __future__ import annotations

from typing import Any

import msgspec
from arq.connections import ArqRedis
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import ConflictError, NotFoundError
from rulemint_gateway.management.fields import Order, RuleName, Script
from rulemint_gateway.stores.catalog import Catalog, read_record
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import RULE_SECRETS, RULE_VERSIONS, RULES
from rulemint_shared import ids, keys
from rulemint_shared.deadline import unix_ms
from rulemint_shared.records import Language, Rule, RuleVersion


class CreateRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /rules``; without an order the rule runs last."""

    name: RuleName
    script: Script
    language: Language = Language.JAVASCRIPT
    order: Order | None = None
    enabled: bool = True


class PatchRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /rules/{id}``."""

    name: RuleName | UnsetType = UNSET
    script: Script | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    order: Order | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class Rules:
    """The use cases of ``/api/v2/rules``."""

    create_body = CreateRule
    patch_body = PatchRule

    def __init__(self, redis: ArqRedis, catalog: Catalog, store: ConfigStore) -> None:
        self._redis = redis
        self._catalog = catalog
        self._store = store

    async def create(self, tenant: str, body: CreateRule) -> dict[str, Any]:
        """A new rule and its version 1."""
        now_ms = unix_ms()
        rule_id = ids.new_rule_id()
        text = RuleVersion(rule_id=rule_id, version=1, script=body.script, language=body.language, created_at_ms=now_ms)

        async def plan() -> Changes[Rule]:
            self._check_name_is_free(tenant, body.name, but_of=rule_id)
            rule = Rule(
                id=rule_id,
                name=body.name,
                order=self._last_order(tenant) + 1 if body.order is None else body.order,
                enabled=body.enabled,
                language=body.language,
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
            )
            changes = Changes(rule)
            changes.put(RULE_VERSIONS, text)
            changes.put(RULES, rule)
            return changes

        return _view(await self._store.transact(tenant, plan), body.script)

    async def read(self, tenant: str, rule_id: str) -> dict[str, Any]:
        """One rule with the script that runs now."""
        rule = self._find(tenant, rule_id)
        text = await self._text(tenant, rule)
        return _view(rule, text.script)

    async def list(self, tenant: str) -> list[dict[str, Any]]:
        """All rules in their order, each with its script."""
        rules = sorted(
            self._catalog.tenant(tenant).rules.values(), key=lambda rule: (rule.order, rule.created_at_ms, rule.id)
        )
        return [_view(rule, (await self._text(tenant, rule)).script) for rule in rules]

    async def patch(self, tenant: str, rule_id: str, body: PatchRule) -> dict[str, Any]:
        """Change what *body* names; a script or language that differs becomes the next version and runs at once."""

        async def plan() -> Changes[tuple[Rule, str]]:
            rule = self._find(tenant, rule_id)
            old = await self._text(tenant, rule)
            now_ms = unix_ms()
            script = old.script if body.script is UNSET else body.script
            language = old.language if body.language is UNSET else body.language
            is_new_text = (script, language) != (old.script, old.language)
            version = rule.latest_version + 1 if is_new_text else rule.version
            name = rule.name if body.name is UNSET else body.name
            self._check_name_is_free(tenant, name, but_of=rule_id)
            patched = msgspec.structs.replace(
                rule,
                name=name,
                order=rule.order if body.order is UNSET else body.order,
                enabled=rule.enabled if body.enabled is UNSET else body.enabled,
                language=language,
                version=version,
                latest_version=max(version, rule.latest_version),
                updated_at_ms=now_ms,
            )
            changes = Changes((patched, script))
            if is_new_text:
                text = RuleVersion(
                    rule_id=rule_id, version=version, script=script, language=language, created_at_ms=now_ms
                )
                changes.put(RULE_VERSIONS, text)
            changes.put(RULES, patched)
            return changes

        return _view(*await self._store.transact(tenant, plan))

    async def delete(self, tenant: str, rule_id: str) -> None:
        """Delete the rule with its versions and secrets; one that is not there is no error."""

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            rule = self._catalog.tenant(tenant).rules.get(rule_id)
            if rule is not None:
                changes.delete(RULES, rule_id)
                changes.delete(RULE_SECRETS, rule_id)
                for version in range(1, rule.latest_version + 1):
                    changes.delete(RULE_VERSIONS, keys.rule_version_field(rule_id, version))
            return changes

        await self._store.transact(tenant, plan)

    def _find(self, tenant: str, rule_id: str) -> Rule:
        rule = self._catalog.tenant(tenant).rules.get(rule_id)
        if rule is None:
            raise NotFoundError("rule", code="inexistent_rule")
        return rule

    async def _text(self, tenant: str, rule: Rule) -> RuleVersion:
        field = keys.rule_version_field(rule.id, rule.version)
        text = await read_record(self._redis, RULE_VERSIONS, tenant, field)
        if not isinstance(text, RuleVersion):
            raise NotFoundError("rule", code="inexistent_rule")  # deleted since
        return text

    def _check_name_is_free(self, tenant: str, name: str, *, but_of: str) -> None:
        for rule in self._catalog.tenant(tenant).rules.values():
            if rule.name == name and rule.id != but_of:
                raise ConflictError("A rule with the same name already exists", field="name")

    def _last_order(self, tenant: str) -> int:
        return max((rule.order for rule in self._catalog.tenant(tenant).rules.values()), default=0)


def _view(rule: Rule, script: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "script": script,
        "language": rule.language,
        "order": rule.order,
        "enabled": rule.enabled,
        "version": rule.version,
    }
