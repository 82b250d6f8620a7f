"""The metadata by which Auth0 finds a rule among webtasks ⇄ the fields of a rule that say the same."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.fields import Dependencies, Order, RuleClients
from rulemint_gateway.management.rules.secrets import NOT_SHOWN
from rulemint_shared.contract.records import Rule, RuleVersion
from rulemint_shared.wrong_values import WrongValue, in_words

EXTENSION_SECRET = "auth0-extension-secret"  # noqa: S105  # the name of one
_REQUIRED = {
    "wt-compiler": ("auth0-ext-compilers/client-credentials-exchange", "auth0-ext-compilers/generic"),
    "auth0-extension": ("runtime",),
    "auth0-extension-name": ("credentials-exchange", "client-credentials-exchange"),
}
"""The values that each may have. The first is what is shown: a rule's parameters say which form it has."""
_DISABLED = "auth0-extension-disabled"
_CLIENT = "auth0-extension-client"
_ORDER = "auth0-extension-order"
_DEPENDENCIES = "wt-node-dependencies"
_KNOWN = (*_REQUIRED, EXTENSION_SECRET, _DISABLED, _CLIENT, _ORDER, _DEPENDENCIES)


class RuleMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a rule that metadata gives."""

    enabled: bool = True
    clients: RuleClients = ()
    order: Order | None = None
    dependencies: Dependencies = {}


def read_metadata(meta: dict[str, str]) -> RuleMetadata:
    """Read *meta*. ``auth0-extension-secret`` is for a call that is not made here, so it is left out.

    Raises:
        InvalidBodyError: it is not that of a rule of the client credentials exchange; the text names the key.
    """
    for key, values in _REQUIRED.items():
        if meta.get(key) not in values:
            raise InvalidBodyError(f"Only rules run here: add --meta {key}={values[0]}", field=f"meta.{key}")
    for key in meta:
        if key not in _KNOWN:
            raise InvalidBodyError(f"A rule has no such metadata. There is: {', '.join(_KNOWN)}", field=f"meta.{key}")
    return RuleMetadata(
        enabled=not meta.get(_DISABLED),
        clients=_read(_CLIENT, tuple(dict.fromkeys(meta.get(_CLIENT, "").split())), RuleClients),
        order=_read(_ORDER, meta[_ORDER], Order) if meta.get(_ORDER) else None,
        dependencies=_dependencies(meta),
    )


def show_metadata(rule: Rule, text: RuleVersion) -> dict[str, str]:
    """The metadata of *rule*; what is absent would say nothing."""
    shown = {key: values[0] for key, values in _REQUIRED.items()}
    if EXTENSION_SECRET in rule.secret_names:
        shown[EXTENSION_SECRET] = NOT_SHOWN
    if not rule.enabled:
        shown[_DISABLED] = "1"
    if rule.clients:
        shown[_CLIENT] = " ".join(rule.clients)
    if text.dependencies:
        shown[_DEPENDENCIES] = msgspec.json.encode(text.dependencies).decode()
    return {**shown, _ORDER: str(rule.order)}


def _dependencies(meta: dict[str, str]) -> dict[str, str]:
    try:
        given = msgspec.json.decode(meta.get(_DEPENDENCIES) or "{}")
    except (msgspec.DecodeError, RecursionError):
        message = f'meta.{_DEPENDENCIES} is not JSON: write {{"name": "version"}}'
        raise InvalidBodyError(message, field=f"meta.{_DEPENDENCIES}") from None
    dependencies: dict[str, str] = _read(_DEPENDENCIES, given, Dependencies)
    return dependencies


def _read(key: str, value: object, wanted: Any) -> Any:
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        reason = in_words(WrongValue.of(error), kind=wanted, value=value)
        raise InvalidBodyError(f"meta.{key}: {reason}", field=f"meta.{key}") from None
