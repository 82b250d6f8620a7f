"""Turn Auth0's clients, APIs, client grants and settings into ours, and report the fields that were left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rulemint_cli.configuration import kept_fields
from rulemint_cli.configuration.auth0.export_files import Item
from rulemint_shared.secrets.kept_secrets import without_secrets

Left = Callable[[str, str], None]
"""Takes the name of something that was left out, and the reason."""

_SERVER_MADE = {
    "tenant",
    "global",
    "owners",
    "is_system",
    "id",
    "client_secret",
    "signing_keys",
    "signing_secret",
}
"""Fields that are left out silently, because the system makes its own."""
_REASONS = {
    "client_authentication_methods": "clients prove who they are by a client secret",
    "require_proof_of_possession": "tokens are bearer tokens",
    "token_encryption": "tokens are signed only",
}
_CLIENT = ("client_id", "name", "description", "client_metadata", "grant_types", "token_endpoint_auth_method")
_API = ("identifier", "name", "scopes", "signing_alg", "token_lifetime", "enforce_grant_scopes")
_AUTH_METHODS = {"none", "client_secret_post", "client_secret_basic"}


def client(item: Item, left: Left) -> Item:
    """Turn one client. It gets a new secret, because Auth0's secrets cannot be exported."""
    called = f"client {item.get('name')}"
    fields = _split(item, _CLIENT, kept_fields.CLIENT, called, left)
    method = fields.get("token_endpoint_auth_method")
    if method is not None and method not in _AUTH_METHODS:
        left(f"{method} of the {called}", "clients prove who they are by a client secret")
        del fields["token_endpoint_auth_method"]
    metadata = fields.get("client_metadata") or {}
    fields["client_metadata"] = {name: str(value) for name, value in metadata.items() if value is not None}
    return fields


def api(item: Item, left: Left) -> Item:
    """Turn one API."""
    fields = _split(item, _API, kept_fields.RESOURCE_SERVER, f"API {item.get('identifier')}", left)
    fields["scopes"] = [
        {name: scope[name] for name in ("value", "description") if scope.get(name)}
        for scope in fields.get("scopes") or []
    ]
    return fields


def grant(item: Item, left: Left) -> Item:
    """Turn one client grant. It names its client by name or id, as the export does."""
    called = f"client grant of {item.get('client_id')} for {item.get('audience')}"
    own = ("audience", "scope", "allow_all_scopes")
    known = {name: value for name, value in item.items() if name not in {"client_id", "subject_type"}}
    fields = _split(known, own, kept_fields.CLIENT_GRANT, called, left)
    return {"client": item.get("client_id"), **fields}


def settings(item: Item, left: Left) -> Item:
    """Turn the tenant's settings."""
    return _split(item, ("default_audience",), kept_fields.SETTINGS, "settings", left)


def _split(item: Item, own: tuple[str, ...], kept: frozenset[str], called: str, left: Left) -> Item:
    fields: dict[str, Any] = {name: item[name] for name in own if item.get(name) is not None}
    taken = {}
    for name, value in item.items():
        if name in own or name in _SERVER_MADE or value is None:
            continue
        if name in kept_fields.REFUSED:
            if value:
                left(f"{name} of the {called}", _REASONS[name])
        elif name in kept:
            clean, secrets = without_secrets(name, value)
            for secret in secrets:
                left(f"{secret} of the {called}", "a secret that Rulemint does not need")
            if clean is not None:
                taken[name] = clean
        else:
            left(f"{name} of the {called}", "Rulemint has no such field")
    return {**fields, "kept": taken} if taken else fields
