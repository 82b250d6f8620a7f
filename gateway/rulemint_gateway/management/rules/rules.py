"""Rules: create, read, list, patch, delete. Every changed text is a new immutable version, live at once or a draft."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.errors import InvalidBodyError, NotLoadedError
from rulemint_gateway.management.nouns.listings import FewRecords
from rulemint_gateway.management.rules.answers import RuleAnswer, rule_answer
from rulemint_gateway.management.rules.bodies import PLACES, RULE_FIELDS, CreateRule, PatchRule
from rulemint_gateway.management.rules.kept_versions import numbers_of
from rulemint_gateway.management.rules.pauses import pause_of
from rulemint_gateway.management.rules.power import TapedPower
from rulemint_gateway.management.rules.records import RuleRecords, check_can_be_enabled, shown_version
from rulemint_gateway.management.rules.texts import RuleTexts, text_fields
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import RULE_SECRETS, RULE_VERSIONS, RULES
from rulemint_gateway.stores.traffic.rule_pauses import RulePauses
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Rule, RuleForm, RuleVersion


class Rules:
    """The use cases of ``/api/v2/rules``."""

    create_body = CreateRule
    patch_body = PatchRule
    answer = RuleAnswer
    filters: ClassVar[dict[str, str]] = {"enabled": "enabled"}

    def __init__(
        self,
        catalog: Catalog,
        store: ConfigStore,
        records: RuleRecords,
        texts: RuleTexts,
        taped: TapedPower,
        pauses: RulePauses,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._records = records
        self._texts = texts
        self._taped = taped
        self._pauses = pauses

    async def create(self, tenant: str, body: CreateRule, *, made_as: RuleForm | None = None) -> RuleAnswer:
        """A new rule and its version 1, with its packages."""
        rule_id = ids.new_rule_id()
        self._records.check_name_is_free(tenant, body.name, but_of=rule_id)
        first = await self._texts.first(tenant, rule_id, body.name, text_fields(body), message=body.message)
        text = first.text

        async def plan() -> Changes[Rule]:
            self._records.check_name_is_free(tenant, body.name, but_of=rule_id)
            given = _given(body)
            if body.order is None:
                given["order"] = self._records.last_order(tenant) + 1
            rule = Rule(
                id=rule_id,
                language=body.language,
                created_at_ms=text.created_at_ms,
                updated_at_ms=text.created_at_ms,
                made_as=made_as,
                **given,
            )
            rule = first.placed_in(rule)
            changes = Changes(rule)
            changes.put(RULE_VERSIONS, text)
            changes.put(RULES, rule)
            return changes

        return rule_answer(await self._store.transact(tenant, plan), text)

    async def read(self, tenant: str, rule_id: str) -> RuleAnswer:
        """One rule with the script that runs now."""
        rule = self._records.find(tenant, rule_id)
        text = await self._records.text(tenant, rule, shown_version(rule))
        return rule_answer(rule, text, pause=pause_of(rule, await self._pauses.of_tenant(tenant)))

    async def rules(self, tenant: str) -> list[Rule]:
        """All rules in their order."""
        return self._records.in_order(tenant)

    async def list(self, tenant: str) -> FewRecords[RuleAnswer]:
        """All rules in their order, each with its script."""
        return FewRecords([view async for view in self.views(tenant, await self.rules(tenant))])

    def compared(self, rule: Rule) -> dict[str, object]:
        """The values that a list is filtered by."""
        return {"enabled": rule.enabled}

    async def views(self, tenant: str, rules: Sequence[Rule]) -> AsyncIterator[RuleAnswer]:
        """*rules*, each with its script, read a few at a time."""
        pauses = await self._pauses.of_tenant(tenant)
        async for rule, text in self._records.in_parts(tenant, [(rule, shown_version(rule)) for rule in rules]):
            yield rule_answer(rule, text, pause=pause_of(rule, pauses))

    async def read_some(self, tenant: str, rule_ids: Collection[str]) -> dict[str, RuleAnswer]:
        """Id → rule, of those that there are, in one round trip."""
        known = self._catalog.tenant(tenant).rules
        rules = [known[rule_id] for rule_id in rule_ids if rule_id in known]
        texts = await self._records.texts(tenant, [(rule, shown_version(rule)) for rule in rules])
        return {rule.id: rule_answer(rule, text) for rule, text in texts}

    async def patch(self, tenant: str, rule_id: str, body: PatchRule) -> RuleAnswer:
        """Change what *body* names; a text, permission or limit that differs is the next version.

        It runs at once, unless it is a draft. A draft goes on from the one before it.
        """
        _check_draft(body)
        rule = self._records.find(tenant, rule_id)
        change = await self._texts.change(tenant, rule, text_fields(body), draft=body.draft, message=body.message)
        if change.doubt and _names_rule_fields(body):
            raise NotLoadedError(change.doubt)

        async def plan() -> Changes[tuple[Rule, RuleVersion, RuleVersion]]:
            rule = self._records.find(tenant, rule_id)
            old = await self._texts.base(tenant, rule, draft=body.draft)
            changed, text = change.applied_to(rule, old)
            patched = self._patched(tenant, changed, body)
            changes = Changes((patched, text, old))
            if text != old:
                patched = self._texts.plan_version(rule, patched, text, changes)
                changes.result = (patched, text, old)
            changes.put(RULES, patched)
            return changes

        patched, text, old = await self._store.transact(tenant, plan)
        if text.version != shown_version(patched):
            text = await self._records.text(tenant, patched, shown_version(patched))
        return rule_answer(patched, text, more_power=await self._taped.more(tenant, text, old))

    async def delete(self, tenant: str, rule_id: str, *, check: Callable[[Rule], None] | None = None) -> None:
        """Delete the rule with its versions, secrets, state and tapes; one that is not there is no error.

        *check* raises what the call is refused with.
        """

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            rule = self._catalog.tenant(tenant).rules.get(rule_id)
            if rule is not None and check is not None:
                check(rule)
            self.plan_delete(tenant, rule_id, changes)
            return changes

        await self._store.transact(tenant, plan)

    def plan_delete(self, tenant: str, rule_id: str, changes: Changes[Any]) -> None:
        """Delete the rule and all that is its with *changes*; one that is not there is no error."""
        rule = self._catalog.tenant(tenant).rules.get(rule_id)
        if rule is None:
            return
        changes.delete(RULES, rule_id)
        changes.delete(RULE_SECRETS, rule_id)
        for version in numbers_of(rule):
            changes.delete(RULE_VERSIONS, redis_keys.rule_version_field(rule_id, version))

    def _patched(self, tenant: str, rule: Rule, body: PatchRule) -> Rule:
        given = _given(body)
        self._records.check_name_is_free(tenant, given.get("name", rule.name), but_of=rule.id)
        if given.get("enabled"):
            check_can_be_enabled(rule)
        return msgspec.structs.replace(rule, **given, updated_at_ms=unix_ms())


def _check_draft(body: PatchRule) -> None:
    if not body.draft:
        return
    for name in _names_rule_fields(body):
        raise InvalidBodyError(f"A draft has no {name} of its own: change it without draft", field=name)


def _names_rule_fields(body: PatchRule) -> list[str]:
    """Name the fields that *body* changes at once, also if its text becomes a draft."""
    return [name for name in RULE_FIELDS if getattr(body, name) is not UNSET]


def _given(body: CreateRule | PatchRule) -> dict[str, Any]:
    """The fields of the rule itself that *body* gives, with each client and API once."""
    given = PLACES.given(body, Rule)
    for several in given.keys() & {"clients", "audiences"}:
        given[several] = tuple(dict.fromkeys(given[several]))
    return given
