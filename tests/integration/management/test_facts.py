"""Hooks and actions of the Management API without HTTP, by their use cases (docs/auth0-facts.md §2.1, §2.3)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from fixtures.loading import NothingIsLoaded
from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.auth0.actions.answers import (
    ActionAnswer,
    ActionVersionAnswer,
    BindingsAnswer,
    TriggerRef,
)
from rulemint_gateway.auth0.actions.bindings import Bindings
from rulemint_gateway.auth0.actions.bodies import CreateAction, PatchAction, PatchBindings
from rulemint_gateway.auth0.actions.records import ActionRecords, NoSuchActionError
from rulemint_gateway.auth0.actions.versions import ActionVersions
from rulemint_gateway.auth0.actions.views import TRIGGERS
from rulemint_gateway.auth0.forms import RuleForms
from rulemint_gateway.auth0.hooks import CreateHook, HookAnswer, Hooks, PatchHook
from rulemint_gateway.dispatch.installs import Installs
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.rules.packages import Packages
from rulemint_gateway.management.rules.power import TapedPower
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.secrets import RuleSecretsOf
from rulemint_gateway.management.rules.texts import RuleTexts
from rulemint_gateway.management.rules.versions import RuleVersionsOf
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT as T
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import TENANTS
from rulemint_gateway.stores.traffic.rule_pauses import RulePauses
from rulemint_gateway.stores.traffic.tape_store import TapeStore
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.contract.records import Tenant
from rulemint_shared.process.background import in_background
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.secrets.vault import Vault

TRIGGER = {"id": "credentials-exchange", "version": "v2"}
CODE = "exports.onExecuteCredentialsExchange = async (event, api) => {};"
HOOK = "module.exports = function (client, scope, audience, context, cb) { cb(null, { scope }); };"


class UseCases:
    """Those of a gateway, put together as `compose` does."""

    def __init__(self, redis: Any, catalog: Catalog, store: ConfigStore) -> None:
        records = RuleRecords(redis, catalog)
        forms = RuleForms(records)
        packages, loading = Packages(Installs(redis, RunnerPresence(redis))), NothingIsLoaded()
        texts = RuleTexts(records, packages, loading, versions_kept=10)
        vault = Vault([base64.urlsafe_b64encode(secrets.token_bytes(32))])
        taped = TapedPower(TapeStore(redis, vault))
        rules = Rules(catalog, store, records, texts, taped, RulePauses(redis))
        self.secrets = rule_secrets = RuleSecretsOf(redis, records, store, vault)
        actions = ActionRecords(records, forms)
        self.actions = Actions(store, actions, texts, rules, rule_secrets)
        self.versions = ActionVersions(actions, RuleVersionsOf(store, records, loading, taped))
        self.bindings = Bindings(store, actions)
        self.hooks = Hooks(records, forms, rules)

    async def action(self, name: str = "an action", **fields: Any) -> ActionAnswer:
        body = {"name": name, "supported_triggers": [TRIGGER], "code": CODE, **fields}
        return await self.actions.create(T, msgspec.convert(body, CreateAction))

    async def patch(self, action: ActionAnswer, **fields: Any) -> ActionAnswer:
        return await self.actions.patch(T, action.id, msgspec.convert(fields, PatchAction))

    async def bind(self, *refs: tuple[str, str]) -> BindingsAnswer:
        bindings = [{"ref": {"type": kind, "value": value}} for kind, value in refs]
        return await self.bindings.replace(T, msgspec.convert({"bindings": bindings}, PatchBindings))

    async def hook(self, **fields: Any) -> HookAnswer:
        body = {"name": "a-hook", "script": HOOK, "triggerId": "credentials-exchange", **fields}
        return await self.hooks.create(T, msgspec.convert(body, CreateHook))


@pytest.fixture
async def use(empty_redis_url: str) -> AsyncIterator[UseCases]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(empty_redis_url))
        subscriber = await stack.enter_async_context(open_subscriber(empty_redis_url))
        catalog = Catalog(redis)
        await catalog.load()
        in_background(stack, catalog.keep_fresh(subscriber))
        store = ConfigStore(redis, catalog)

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.put(TENANTS, Tenant(name=T, issuer="https://iss/"))
            return changes

        await store.transact(T, plan)
        yield UseCases(redis, catalog, store)


async def test_a_new_action_is_built_and_not_deployed(use: UseCases) -> None:
    made = await use.action(secrets=[{"name": "KEY", "value": "hunter22"}])
    assert (made.name, made.code, made.supported_triggers) == ("an action", CODE, [TriggerRef(**TRIGGER)])
    assert (made.status, made.all_changes_deployed, made.runtime) == ("built", False, "node22")
    assert [secret.name for secret in made.secrets] == ["KEY"]
    assert "hunter22" not in str(made)
    assert made.deployed_version is UNSET
    assert await use.actions.read(T, made.id) == made


async def test_create_with_deploy_deploys(use: UseCases) -> None:
    made = await use.action(deploy=True)
    assert isinstance(made.deployed_version, ActionVersionAnswer)
    assert (made.all_changes_deployed, made.deployed_version.number) == (True, 1)


async def test_deploy_answers_the_version_and_an_update_undoes_all_changes_deployed(use: UseCases) -> None:
    made = await use.action()
    version = await use.versions.deploy(T, made.id)
    assert (version.action_id, version.number, version.status) == (made.id, 1, "built")
    assert (await use.actions.read(T, made.id)).all_changes_deployed
    patched = await use.patch(made, code=f"{CODE}//")
    assert (patched.code, patched.all_changes_deployed) == (f"{CODE}//", False)
    assert isinstance(patched.deployed_version, ActionVersionAnswer)
    assert patched.deployed_version.code == CODE


async def test_an_older_version_is_deployed_again_and_may_end_the_draft(use: UseCases) -> None:
    made = await use.action(deploy=True)
    await use.patch(made, code=f"{CODE}//")
    await use.versions.deploy(T, made.id)
    rule, numbers = await use.versions.numbers(T, made.id)
    versions = [view async for view in use.versions.views(T, rule, numbers)]
    assert [(each.id, each.deployed) for each in versions] == [("2", True), ("1", False)]
    await use.patch(made, code=f"{CODE}/**/")
    back = await use.versions.deploy(T, made.id, 1, update_draft=True)
    assert (back.code, back.deployed) == (CODE, True)
    assert await use.versions.read(T, made.id, 1) == back
    assert (await use.actions.read(T, made.id)).all_changes_deployed


async def test_bindings_replace_the_whole_ordered_list_by_any_kind_of_reference(use: UseCases) -> None:
    first, second = await use.action("first", deploy=True), await use.action("second", deploy=True)
    bound = await use.bind(("action_name", "second"), ("action_id", first.id))
    assert [each.display_name for each in bound.bindings] == ["second", "first"]
    assert all(each.trigger_id == "credentials-exchange" for each in bound.bindings)
    assert await use.bindings.list(T) == bound
    again = await use.bind(("binding_id", bound.bindings[1].id))
    assert [each.action.id for each in again.bindings] == [first.id]
    assert second.id not in str(again)


async def test_an_action_that_was_never_deployed_cannot_be_bound(use: UseCases) -> None:
    made = await use.action()
    with pytest.raises(InvalidBodyError, match="deploy it first"):
        await use.bind(("action_id", made.id))


async def test_a_bound_action_is_deleted_only_by_force(use: UseCases) -> None:
    made = await use.action(deploy=True)
    await use.bind(("action_id", made.id))
    with pytest.raises(ConflictError):
        await use.actions.delete(T, made.id, force=False)
    await use.actions.delete(T, made.id, force=True)
    with pytest.raises(NoSuchActionError, match="That action does not exist"):
        await use.actions.read(T, made.id)


async def test_an_action_without_code_is_pending_and_cannot_be_deployed(use: UseCases) -> None:
    made = await use.action(code="")
    assert made.status == "pending"
    with pytest.raises(InvalidBodyError, match="must be in the 'built' state before it can be deployed"):
        await use.versions.deploy(T, made.id)


def test_there_is_one_trigger_with_its_runtimes() -> None:
    (trigger,) = TRIGGERS
    assert (trigger.id, trigger.version, trigger.status) == ("credentials-exchange", "v2", "CURRENT")
    assert trigger.default_runtime in trigger.runtimes


async def test_a_hook_has_the_fields_of_auth0_and_is_not_enabled_unless_told(use: UseCases) -> None:
    made = await use.hook()
    fields = set(HookAnswer.__struct_encode_fields__) - {"warning"}  # which is only there when there is no runner
    assert fields == {"id", "name", "script", "dependencies", "triggerId", "enabled"}
    assert (made.trigger, made.enabled, made.dependencies) == ("credentials-exchange", False, {})
    assert (await use.hook(name="other", enabled=True)).enabled
    with pytest.raises(ConflictError):
        await use.hook()


async def test_a_patched_hook_keeps_what_was_not_named(use: UseCases) -> None:
    made = await use.hook()
    patched = await use.hooks.patch(T, made.id, msgspec.convert({"enabled": True}, PatchHook))
    assert patched == msgspec.structs.replace(made, enabled=True)
    assert await use.hooks.read(T, made.id) == patched


async def test_a_hook_of_another_trigger_is_refused_by_the_field(use: UseCases) -> None:
    with pytest.raises(InvalidBodyError) as refused:
        await use.hook(triggerId="post-user-registration")
    assert refused.value.field == "triggerId"


async def test_the_secrets_of_a_hook_are_shown_by_name_alone(use: UseCases) -> None:
    hook = (await use.hook()).id
    assert use.secrets.names(T, hook) == {}
    await use.secrets.add(T, hook, {"KEY": "hunter22", "OTHER": "hunter23"})
    assert use.secrets.names(T, hook) == {"KEY": "_VALUE_NOT_SHOWN_", "OTHER": "_VALUE_NOT_SHOWN_"}
    with pytest.raises(ConflictError):
        await use.secrets.add(T, hook, {"KEY": "again"})
    with pytest.raises(NotFoundError):
        await use.secrets.replace(T, hook, {"NOBODY": "x"})
    await use.secrets.delete(T, hook, ["OTHER"])
    assert list(use.secrets.names(T, hook)) == ["KEY"]
