"""Actions, their versions and their bindings → answers, in Auth0's fields."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET

from rulemint_gateway.auth0.actions.answers import (
    ActionAnswer,
    ActionSummary,
    ActionVersionAnswer,
    BindingAnswer,
    Package,
    SecretName,
    TriggerAnswer,
    TriggerRef,
)
from rulemint_gateway.auth0.actions.bodies import DEFAULT_RUNTIME
from rulemint_gateway.auth0.actions.records import Action
from rulemint_gateway.auth0.trigger import TRIGGER, TRIGGER_VERSION
from rulemint_gateway.stores.writing.calls import warning
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.records import Rule, RuleVersion

TRIGGERS = [
    TriggerAnswer(
        id=TRIGGER,
        version=TRIGGER_VERSION,
        status="CURRENT",
        runtimes=[DEFAULT_RUNTIME],
        default_runtime=DEFAULT_RUNTIME,
        compatible_triggers=[],
        binding_policy="trigger-bound",
    )
]
_SUPPORTED = [TriggerRef(id=TRIGGER, version=TRIGGER_VERSION)]


def action_answer(action: Action) -> ActionAnswer:
    """The action: its newest code, and the version that is deployed if there is one."""
    rule, newest, live = action.rule, action.newest, action.live
    return ActionAnswer(
        id=rule.id,
        name=rule.name,
        supported_triggers=_SUPPORTED,
        all_changes_deployed=rule.draft == 0,
        created_at=rfc3339_ms(rule.created_at_ms),
        updated_at=rfc3339_ms(rule.updated_at_ms),
        code=newest.script,
        dependencies=_dependencies(newest),
        runtime=_runtime(rule),
        secrets=_secrets(rule),
        status=_status(newest),
        built_at=rfc3339_ms(newest.created_at_ms) if newest.script else UNSET,
        deployed_version=UNSET if live is None else version_answer(rule, live),
        warning=warning(),
    )


def version_answer(rule: Rule, text: RuleVersion) -> ActionVersionAnswer:
    """One version of an action. Its id is its number; its secrets are those of the action."""
    made_at = rfc3339_ms(text.created_at_ms)
    return ActionVersionAnswer(
        id=str(text.version),
        action_id=rule.id,
        number=text.version,
        code=text.script,
        dependencies=_dependencies(text),
        deployed=text.version == rule.version,
        runtime=_runtime(rule),
        secrets=_secrets(rule),
        status=_status(text),
        errors=[],
        built_at=made_at,
        created_at=made_at,
        updated_at=made_at,
        supported_triggers=_SUPPORTED,
        action=_summary(rule),
    )


def binding_answer(rule: Rule) -> BindingAnswer:
    """The binding of a bound action, without its code; an action has one at most, so its id is the action's."""
    return BindingAnswer(
        id=rule.id,
        trigger_id=TRIGGER,
        display_name=rule.binding_name or rule.name,
        action=_summary(rule),
        created_at=rfc3339_ms(rule.created_at_ms),
        updated_at=rfc3339_ms(rule.updated_at_ms),
    )


def _summary(rule: Rule) -> ActionSummary:
    return ActionSummary(
        id=rule.id,
        name=rule.name,
        supported_triggers=_SUPPORTED,
        all_changes_deployed=rule.draft == 0,
        created_at=rfc3339_ms(rule.created_at_ms),
        updated_at=rfc3339_ms(rule.updated_at_ms),
    )


def _dependencies(text: RuleVersion) -> list[Package]:
    return [Package(name=name, version=version) for name, version in text.dependencies.items()]


def _runtime(rule: Rule) -> str:
    return rule.runtime or DEFAULT_RUNTIME


def _secrets(rule: Rule) -> list[SecretName]:
    times = rule.secret_times_ms
    return [
        SecretName(name=name, updated_at=rfc3339_ms(times.get(name, rule.created_at_ms))) for name in rule.secret_names
    ]


def _status(text: RuleVersion) -> Literal["built", "pending"]:
    """A version with code is built, because packages are installed before it is stored."""
    return "built" if text.script else "pending"
