"""The bodies of the calls about actions, in Auth0's fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.auth0.trigger import TRIGGER_VERSION, Trigger, check_trigger
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.fields import Name, RuleName, SecretName, SecretValue
from rulemint_gateway.management.rules.secrets import MAX_SECRETS, NOT_SHOWN
from rulemint_shared.contract.dependencies import (
    MAX_DEPENDENCIES,
    MAX_NAME_CHARACTERS,
    MAX_VERSION_CHARACTERS,
)
from rulemint_shared.contract.package_versions import ANY_VERSION
from rulemint_shared.whole_text import whole

DEFAULT_RUNTIME = "node22"

Word = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=whole(r"[A-Za-z0-9._-]+", means="letters, digits, ., _ and -"))
]
Code = Annotated[str, Meta(max_length=262_144)]
"""An action may be made before it has any; it cannot be deployed without."""

TriggerVersion = Annotated[str, Meta(max_length=64, extra_json_schema={"enum": [TRIGGER_VERSION]})]


class SupportedTrigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trigger as `GET /actions/triggers` shows it; only which one it is matters."""

    id: Trigger
    version: TriggerVersion = TRIGGER_VERSION
    status: Word | None = None
    runtimes: Annotated[list[Word], Meta(max_length=20)] = []
    default_runtime: Word | None = None
    compatible_triggers: Annotated[list[Annotated[dict[Word, Word], Meta(max_length=20)]], Meta(max_length=20)] = []
    binding_policy: Word | None = None


class Dependency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package from npm; there is no other registry."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
    version: Annotated[str, Meta(max_length=MAX_VERSION_CHARACTERS)] = ANY_VERSION
    registry_url: Literal[""] | None = None


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a value it is the one that the action has."""

    name: SecretName
    value: SecretValue | None = None


class NewSecret(Secret, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new action has no values yet."""

    value: SecretValue


SupportedTriggers = Annotated[list[SupportedTrigger], Meta(min_length=1, max_length=10)]
DependencyList = Annotated[list[Dependency], Meta(max_length=MAX_DEPENDENCIES)]
SecretList = Annotated[list[Secret], Meta(max_length=MAX_SECRETS)]
NewSecretList = Annotated[list[NewSecret], Meta(max_length=MAX_SECRETS)]
NoModules = Annotated[list[dict[str, str]], Meta(max_length=0)]


class CreateAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /actions/actions``."""

    name: RuleName
    supported_triggers: SupportedTriggers
    code: Code = ""
    dependencies: DependencyList = []
    runtime: Word = DEFAULT_RUNTIME
    secrets: NewSecretList = []
    modules: NoModules = []
    deploy: bool = False


class PatchAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /actions/actions/{id}``."""

    name: RuleName | UnsetType = UNSET
    supported_triggers: SupportedTriggers | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    dependencies: DependencyList | UnsetType = UNSET
    runtime: Word | UnsetType = UNSET
    secrets: SecretList | UnsetType = UNSET
    """Replaces all of them."""
    modules: NoModules = []


class BindingRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reference to an action."""

    type: Literal["binding_id", "action_id", "action_name"]
    value: Annotated[str, Meta(min_length=1, max_length=200)]


class Binding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action of the flow."""

    ref: BindingRef
    display_name: Name | None = None
    """Without it that of the action."""


class PatchBindings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /actions/triggers/credentials-exchange/bindings``: the actions that run, in their order."""

    bindings: Annotated[list[Binding], Meta(max_length=100)]


def check_triggers(triggers: list[SupportedTrigger]) -> None:
    """Refuse what is not the client credentials exchange in its current version.

    Raises:
        InvalidBodyError: there is another trigger.
    """
    for trigger in triggers:
        check_trigger(trigger.id, field="supported_triggers")
        if trigger.version != TRIGGER_VERSION:
            raise InvalidBodyError(
                f"Write the action for version {TRIGGER_VERSION} of the trigger: (event, api)",
                field="supported_triggers",
            )


def dependency_versions(dependencies: list[Dependency]) -> dict[str, str]:
    """The packages as a rule has them: name → version.

    Raises:
        InvalidBodyError: one is named twice.
    """
    versions = {each.name: each.version for each in dependencies}
    if len(versions) < len(dependencies):
        raise InvalidBodyError("A package is named twice", field="dependencies")
    return versions


def secret_values(given: Sequence[Secret], old: dict[str, str]) -> dict[str, str]:
    """The secrets that an action has from now on; *old* are the ones it had.

    Raises:
        InvalidBodyError: one has no value, or is named twice.
    """
    values: dict[str, str] = {}
    for secret in given:
        value = old.get(secret.name) if secret.value in {None, NOT_SHOWN} else secret.value
        if value is None:
            raise InvalidBodyError(f"The secret {secret.name} needs a value: it has none yet", field="secrets")
        if secret.name in values:
            raise InvalidBodyError(f"The secret {secret.name} is named twice", field="secrets")
        values[secret.name] = value
    return values
