"""Actions: create, read, list, patch, delete, deploy. What is changed is a draft until it is deployed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_gateway.auth0.actions.answers import ActionAnswer
from rulemint_gateway.auth0.actions.bodies import (
    CreateAction,
    PatchAction,
    Secret,
    check_triggers,
    dependency_versions,
    secret_values,
)
from rulemint_gateway.auth0.actions.records import Action, ActionRecords
from rulemint_gateway.auth0.actions.views import action_answer
from rulemint_gateway.management.errors import ConflictError
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.secrets import RuleSecretsOf
from rulemint_gateway.management.rules.texts import RuleTexts, deployed
from rulemint_gateway.management.rules.versions import check_is_built
from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS, RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Language, Rule, RuleForm


class Actions:
    """The use cases of ``/api/v2/actions/actions``."""

    create_body = CreateAction
    patch_body = PatchAction
    answer = ActionAnswer

    def __init__(
        self, store: ConfigStore, actions: ActionRecords, texts: RuleTexts, rules: Rules, secrets: RuleSecretsOf
    ) -> None:
        self._store = store
        self._actions = actions
        self._records = actions.rules
        self._texts = texts
        self._rules = rules
        self._secrets = secrets

    async def create(self, tenant: str, body: CreateAction) -> ActionAnswer:
        """A new rule that is an action, with its secrets: a draft, and not in the flow until it is bound."""
        check_triggers(body.supported_triggers)
        rule_id = ids.new_rule_id()
        self._records.check_name_is_free(tenant, body.name, but_of=rule_id)
        fields: dict[str, Any] = {"script": body.code, "dependencies": dependency_versions(body.dependencies)}
        fields["language"] = Language.JAVASCRIPT
        first = await self._texts.first(tenant, rule_id, body.name, fields, field="code")
        text = first.text

        async def plan() -> Changes[Action]:
            self._records.check_name_is_free(tenant, body.name, but_of=rule_id)
            rule = Rule(
                id=rule_id,
                name=body.name,
                order=self._records.last_order(tenant) + 1,
                enabled=False,
                version=0,
                draft=text.version,
                created_at_ms=text.created_at_ms,
                updated_at_ms=text.created_at_ms,
                made_as=RuleForm.ACTION,
                runtime=body.runtime,
            )
            if body.deploy:
                check_is_built(text)
                rule = deployed(rule, text)
            rule = first.placed_in(rule)
            changes: Changes[Action] = Changes(Action(rule, text, None))
            changes.put(RULE_VERSIONS, text)
            rule = await self._with_secrets(tenant, rule, body.secrets, changes)
            changes.put(RULES, rule)
            changes.result = Action(rule, text, text if rule.version else None)
            return changes

        return action_answer(await self._store.transact(tenant, plan))

    async def read(self, tenant: str, action_id: str) -> ActionAnswer:
        """One action."""
        return action_answer(await self._actions.find(tenant, action_id))

    async def list(self, tenant: str) -> list[Rule]:
        """The rules that are actions, oldest first."""
        return sorted(await self._actions.all(tenant), key=lambda rule: (rule.created_at_ms, rule.id))

    async def views(self, tenant: str, rules: Sequence[Rule]) -> AsyncIterator[ActionAnswer]:
        """*rules* as actions, read a few at a time."""
        async for action in self._actions.in_parts(tenant, rules):
            yield action_answer(action)

    async def patch(self, tenant: str, action_id: str, body: PatchAction) -> ActionAnswer:
        """Change what *body* names. Code and dependencies become a draft; secrets and the name hold at once."""
        if body.supported_triggers is not UNSET:
            check_triggers(body.supported_triggers)
        action = await self._actions.find(tenant, action_id)
        change = await self._texts.change(tenant, action.rule, _text_fields(body), draft=True, field="code")

        async def plan() -> Changes[Action]:
            before = await self._actions.find(tenant, action_id)
            changes: Changes[Action] = Changes(before)
            rule, text = change.applied_to(before.rule, before.newest)
            name = rule.name if body.name is UNSET else body.name
            self._records.check_name_is_free(tenant, name, but_of=action_id)
            runtime = rule.runtime if body.runtime is UNSET else body.runtime
            rule = msgspec.structs.replace(rule, name=name, runtime=runtime)
            if body.secrets is not UNSET:
                rule = await self._with_secrets(tenant, rule, body.secrets, changes)
            if text != before.newest:
                rule = self._texts.plan_version(before.rule, rule, text, changes)
            if rule != before.rule:
                rule = msgspec.structs.replace(rule, updated_at_ms=unix_ms())
                changes.put(RULES, rule)
                changes.result = await self._actions.with_live(tenant, rule, text)
            return changes

        return action_answer(await self._store.transact(tenant, plan))

    async def delete(self, tenant: str, action_id: str, *, force: bool) -> None:
        """Delete the action; one that is bound only with *force*.

        Raises:
            NoSuchActionError: there is none.
            ConflictError: it is bound.
        """
        await self._actions.find(tenant, action_id)
        await self._rules.delete(tenant, action_id, check=None if force else _check_is_unbound)

    async def _with_secrets(self, tenant: str, rule: Rule, given: Sequence[Secret], changes: Changes[Action]) -> Rule:
        """*rule* with the secrets that are *given*; they are written with *changes*, the rule is not yet."""
        return await self._secrets.plan_change(tenant, rule, partial(secret_values, given), changes)


def _check_is_unbound(rule: Rule) -> None:
    if rule.enabled:
        raise ConflictError(
            "The action is bound to credentials-exchange: remove it from the bindings, or delete it with force=true"
        )


def _text_fields(body: PatchAction) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if body.code is not UNSET:
        given["script"] = body.code
    if body.dependencies is not UNSET:
        given["dependencies"] = dependency_versions(body.dependencies)
    return given
