"""Rules: create, read, list, patch, delete. Every changed script is a new immutable version."""

from __future__ import annotations

from typing import Any

import msgspec
from arq.connections import ArqRedis
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.fields import (
    MAX_SCRIPT_CHARACTERS,
    AllowHosts,
    Dependencies,
    Order,
    RuleAudiences,
    RuleClients,
    RuleName,
    Script,
)
from rulemint_gateway.management.packages import Packages
from rulemint_gateway.stores.catalog import Catalog, read_record
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import RULE_SECRETS, RULE_VERSIONS, RULES
from rulemint_shared import ids, keys
from rulemint_shared.allow_list import parse_entries
from rulemint_shared.deadline import unix_ms
from rulemint_shared.records import Isolation, Language, Rule, RuleLimits, RuleVersion


class Limits(RuleLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of a rule in a body; one that is left out is the runner's default."""


class CreateRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /rules``; without an order the rule runs last."""

    name: RuleName
    script: Script
    language: Language = Language.JAVASCRIPT
    order: Order | None = None
    enabled: bool = True
    allow_hosts: AllowHosts = ()
    isolation: Isolation = Isolation.WARM
    limits: Limits = Limits()
    dependencies: Dependencies = {}
    clients: RuleClients = ()
    """Ids that no client has, yet or any longer, are no error; nor are they in ``audiences``."""
    audiences: RuleAudiences = ()


class PatchRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /rules/{id}``."""

    name: RuleName | UnsetType = UNSET
    script: Script | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    order: Order | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    allow_hosts: AllowHosts | UnsetType = UNSET
    isolation: Isolation | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    """Replaces all of them."""
    dependencies: Dependencies | UnsetType = UNSET
    """Replaces all of them."""
    clients: RuleClients | UnsetType = UNSET
    """Replaces all of them; so do the audiences."""
    audiences: RuleAudiences | UnsetType = UNSET


_TEXT_FIELDS = ("script", "language", "allow_hosts", "isolation", "limits", "dependencies")
"""What a rule version fixes; a change of any of these is a new one."""


class Rules:
    """The use cases of ``/api/v2/rules``."""

    create_body = CreateRule
    patch_body = PatchRule

    def __init__(self, redis: ArqRedis, catalog: Catalog, store: ConfigStore, packages: Packages) -> None:
        self._redis = redis
        self._catalog = catalog
        self._store = store
        self._packages = packages

    async def create(self, tenant: str, body: CreateRule) -> dict[str, Any]:
        """A new rule and its version 1, with its packages."""
        now_ms = unix_ms()
        rule_id = ids.new_rule_id()
        self._check_name_is_free(tenant, body.name, but_of=rule_id)
        wanted = RuleVersion(rule_id=rule_id, version=1, created_at_ms=now_ms, **text_fields(body))
        text = msgspec.structs.replace(wanted, **await self._packages.installed_for(wanted))

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
                clients=_once(body.clients),
                audiences=_once(body.audiences),
            )
            changes = Changes(rule)
            changes.put(RULE_VERSIONS, text)
            changes.put(RULES, rule)
            return changes

        return _view(await self._store.transact(tenant, plan), text)

    async def read(self, tenant: str, rule_id: str) -> dict[str, Any]:
        """One rule with the script that runs now."""
        rule = self._find(tenant, rule_id)
        return _view(rule, await self._text(tenant, rule))

    async def list(self, tenant: str) -> list[dict[str, Any]]:
        """All rules in their order, each with its script."""
        rules = sorted(
            self._catalog.tenant(tenant).rules.values(), key=lambda rule: (rule.order, rule.created_at_ms, rule.id)
        )
        return [_view(rule, await self._text(tenant, rule)) for rule in rules]

    async def patch(self, tenant: str, rule_id: str, body: PatchRule) -> dict[str, Any]:
        """Change what *body* names; a text, permission or limit that differs is the next version, and runs at once."""
        given = text_fields(body)
        based_on = await self._text(tenant, self._find(tenant, rule_id))
        wanted = msgspec.structs.replace(based_on, **given)
        given |= await self._packages.installed_for(wanted, before=based_on)  # before the plan, which may be made again

        async def plan() -> Changes[tuple[Rule, RuleVersion]]:
            rule = self._find(tenant, rule_id)
            old = await self._text(tenant, rule)
            if old != based_on:
                raise ConflictError("The rule was changed by somebody else at the same time: try again")
            now_ms = unix_ms()
            text = msgspec.structs.replace(old, **given)
            is_new_text = text != old
            if is_new_text:
                text = msgspec.structs.replace(text, version=rule.latest_version + 1, created_at_ms=now_ms)
            name = rule.name if body.name is UNSET else body.name
            self._check_name_is_free(tenant, name, but_of=rule_id)
            patched = msgspec.structs.replace(
                rule,
                name=name,
                order=rule.order if body.order is UNSET else body.order,
                enabled=rule.enabled if body.enabled is UNSET else body.enabled,
                language=text.language,
                version=text.version,
                latest_version=max(text.version, rule.latest_version),
                updated_at_ms=now_ms,
                clients=rule.clients if body.clients is UNSET else _once(body.clients),
                audiences=rule.audiences if body.audiences is UNSET else _once(body.audiences),
            )
            changes = Changes((patched, text))
            if is_new_text:
                changes.put(RULE_VERSIONS, text)
            changes.put(RULES, patched)
            return changes

        return _view(*await self._store.transact(tenant, plan))

    async def delete(self, tenant: str, rule_id: str) -> None:
        """Delete the rule with its versions, secrets and state; one that is not there is no error."""

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            rule = self._catalog.tenant(tenant).rules.get(rule_id)
            if rule is not None:
                changes.delete(RULES, rule_id)
                changes.delete(RULE_SECRETS, rule_id)
                for version in range(1, rule.latest_version + 1):
                    changes.delete(RULE_VERSIONS, keys.rule_version_field(rule_id, version))
                changes.drop_key(keys.rule_storage(tenant, rule_id))
                changes.drop_key(keys.rule_cache(tenant, rule_id))
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


def text_fields(body: msgspec.Struct) -> dict[str, Any]:
    """What *body* says about a rule version.

    Raises:
        InvalidBodyError: an entry of ``allow_hosts`` is malformed, or the script too long.
    """
    fields = {name: getattr(body, name) for name in _TEXT_FIELDS}
    given = {name: value for name, value in fields.items() if value is not UNSET}
    if len(given.get("script", "")) > MAX_SCRIPT_CHARACTERS:
        raise InvalidBodyError(
            f"Script exceeds the size limit: it may have {MAX_SCRIPT_CHARACTERS} characters", field="script"
        )
    if "limits" in given:
        given["limits"] = RuleLimits(**msgspec.structs.asdict(given["limits"]))
    if "allow_hosts" in given:
        given["allow_hosts"] = _normal_hosts(given["allow_hosts"])
    return given


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _normal_hosts(entries: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(str(entry) for entry in parse_entries(entries)))
    except ValueError as error:
        raise InvalidBodyError(str(error), field="allow_hosts") from None


def _view(rule: Rule, text: RuleVersion) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "script": text.script,
        "language": rule.language,
        "order": rule.order,
        "enabled": rule.enabled,
        "clients": rule.clients,
        "audiences": rule.audiences,
        "version": rule.version,
        "allow_hosts": text.allow_hosts,
        "isolation": text.isolation,
        "limits": text.limits,
        "dependencies": text.dependencies,
        "resolved_dependencies": text.resolved_dependencies,
    }
