"""Actions, their versions, bindings and tests as they are answered."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.trials.answers import TryAnswer


class TriggerRef(Answer, frozen=True, kw_only=True):
    """A trigger and its version."""

    id: str
    version: str


class Package(Answer, frozen=True, kw_only=True):
    """A package from npm."""

    name: str
    version: str


class SecretName(Answer, frozen=True, kw_only=True):
    """A secret, without its value."""

    name: str
    updated_at: Moment


class ActionSummary(Answer, frozen=True, kw_only=True):
    """An action without its code."""

    id: str
    name: str
    supported_triggers: list[TriggerRef]
    all_changes_deployed: bool
    created_at: Moment
    updated_at: Moment


class ActionVersionAnswer(Answer, frozen=True, kw_only=True):
    """One version of an action; its id is its number, its secrets are those of the action."""

    id: str
    action_id: str
    number: int
    code: str
    dependencies: list[Package]
    deployed: bool
    runtime: str
    secrets: list[SecretName]
    status: Literal["built", "pending"]
    errors: list[Any]
    built_at: Moment
    created_at: Moment
    updated_at: Moment
    supported_triggers: list[TriggerRef]
    action: ActionSummary


class ActionAnswer(ActionSummary, frozen=True, kw_only=True):
    """An action: its newest code, and the version that is deployed if there is one."""

    code: str
    dependencies: list[Package]
    runtime: str
    secrets: list[SecretName]
    status: Literal["built", "pending"]
    built_at: Moment | UnsetType = UNSET
    deployed_version: ActionVersionAnswer | UnsetType = UNSET
    warning: str | UnsetType = UNSET
    """Of a write: why nobody knows whether its code loads."""


class BindingAnswer(Answer, frozen=True, kw_only=True):
    """An action of the flow; an action has one binding at most, so the binding's id is the action's."""

    id: str
    trigger_id: str
    display_name: str
    action: ActionSummary
    created_at: Moment
    updated_at: Moment


class BindingsAnswer(Answer, frozen=True, kw_only=True):
    """All bindings, in the order in which the actions run."""

    bindings: list[BindingAnswer]


class TriggerAnswer(Answer, frozen=True, kw_only=True):
    """A trigger."""

    id: str
    version: str
    status: str
    runtimes: list[str]
    default_runtime: str
    compatible_triggers: list[TriggerRef]
    binding_policy: str


class TriggersAnswer(Answer, frozen=True, kw_only=True):
    """The one trigger that there is."""

    triggers: list[TriggerAnswer]


class ActionTestAnswer(Answer, frozen=True, kw_only=True):
    """The ending of an action on the event."""

    payload: TryAnswer


class ExecutionError(Answer, frozen=True, kw_only=True):
    """The reason why a rule ended the flow without a token; the id is the exchange's outcome."""

    id: str
    msg: str


class ExecutionResult(Answer, frozen=True, kw_only=True):
    """The effect of one rule."""

    action_name: str
    started_at: Moment
    ended_at: Moment
    error: ExecutionError | UnsetType = UNSET


class ExecutionAnswer(Answer, frozen=True, kw_only=True):
    """The rules that ran for one token request, in their order."""

    id: str
    """The exchange's."""
    trigger_id: str
    status: Literal["final"]
    results: list[ExecutionResult]
    created_at: Moment
    updated_at: Moment
