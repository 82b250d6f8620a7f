"""Hooks: the rules that Auth0 would know as hooks of ``credentials-exchange``, in its words. No other store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.auth0.forms import RuleForms, form_of, form_of_text
from rulemint_gateway.auth0.trigger import TRIGGER, Trigger, check_trigger
from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.management.nouns.fields import Dependencies, RuleName, Script
from rulemint_gateway.management.nouns.listings import FewRecords
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_gateway.management.rules.bodies import CreateRule, PatchRule
from rulemint_gateway.management.rules.records import RuleRecords, shown_version
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.stores.writing.calls import warning
from rulemint_shared.contract.records import Language, Rule, RuleForm, RuleVersion


class CreateHook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /hooks``; it runs after all other rules."""

    name: RuleName
    script: Script
    trigger: Trigger = msgspec.field(name="triggerId")
    enabled: bool = False
    dependencies: Dependencies = {}


class PatchHook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /hooks/{id}``."""

    name: RuleName | UnsetType = UNSET
    script: Script | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    dependencies: Dependencies | UnsetType = UNSET


PLACES = Placement(CreateHook, PatchHook, into=(CreateRule,), apart={"trigger"})


class HookAnswer(Answer, frozen=True, kw_only=True):
    """A hook."""

    id: str
    name: str
    script: str
    trigger: str = msgspec.field(name="triggerId")
    enabled: bool
    dependencies: dict[str, str]
    warning: str | UnsetType = UNSET
    """Of a write: why its version is only a draft."""


class Hooks:
    """The use cases of ``/api/v2/hooks``."""

    create_body = CreateHook
    patch_body = PatchHook
    answer = HookAnswer

    def __init__(self, records: RuleRecords, forms: RuleForms, rules: Rules) -> None:
        self._records = records
        self._forms = forms
        self._rules = rules

    async def create(self, tenant: str, body: CreateHook) -> HookAnswer:
        """A new rule that is a hook."""
        check_trigger(body.trigger, field="triggerId")
        _check_script(body.script)
        rule = CreateRule(**PLACES.given(body, CreateRule))
        made = await self._rules.create(tenant, rule, made_as=RuleForm.HOOK)
        return await self.read(tenant, made.id)

    async def rules(self, tenant: str) -> list[Rule]:
        """The rules that are hooks, in the order in which they run."""
        return await self._forms.rules_of(tenant, RuleForm.HOOK, shown_version)

    async def list(self, tenant: str) -> FewRecords[HookAnswer]:
        """All hooks, in the order in which they run."""
        return FewRecords([view async for view in self.views(tenant, await self.rules(tenant))])

    def compared(self, rule: Rule) -> dict[str, object]:
        """The values that a list is filtered by."""
        return {"enabled": rule.enabled, "triggerId": TRIGGER}

    async def views(self, tenant: str, rules: Sequence[Rule]) -> AsyncIterator[HookAnswer]:
        """*rules* as hooks, read a few at a time."""
        async for rule, text in self._records.in_parts(tenant, [(rule, shown_version(rule)) for rule in rules]):
            yield _answer(rule, text)

    async def read(self, tenant: str, hook_id: str) -> HookAnswer:
        """One hook."""
        return _answer(*await self.find(tenant, hook_id))

    async def patch(self, tenant: str, hook_id: str, body: PatchHook) -> HookAnswer:
        """Change what *body* names; a new script runs at once."""
        await self.find(tenant, hook_id)
        if body.script is not UNSET:
            _check_script(body.script)
        rule = PatchRule(**PLACES.given(body, CreateRule))
        await self._rules.patch(tenant, hook_id, rule)
        return await self.read(tenant, hook_id)

    async def delete(self, tenant: str, hook_id: str) -> None:
        """Delete the hook; one that is not there is no error."""
        try:
            await self.find(tenant, hook_id)
        except NotFoundError:
            return
        await self._rules.delete(tenant, hook_id)

    async def find(self, tenant: str, hook_id: str) -> tuple[Rule, RuleVersion]:
        """The rule that is the hook, and its text.

        Raises:
            NotFoundError: there is no such rule, or it is no hook.
        """
        try:
            rule = self._records.find(tenant, hook_id)
            text = await self._records.text(tenant, rule, shown_version(rule))
        except NotFoundError:
            raise NotFoundError("hook", code="inexistent_hook") from None
        if form_of(rule, text) is not RuleForm.HOOK:
            raise NotFoundError("hook", code="inexistent_hook")
        return rule, text


def _check_script(script: str) -> None:
    if form_of_text(script, Language.JAVASCRIPT) is RuleForm.ACTION:
        raise InvalidBodyError("This is the code of an action: use /api/v2/actions/actions", field="script")


def _answer(rule: Rule, text: RuleVersion) -> HookAnswer:
    return HookAnswer(
        id=rule.id,
        name=rule.name,
        script=text.script,
        trigger=TRIGGER,
        enabled=rule.enabled,
        dependencies=text.dependencies,
        warning=warning(),
    )
