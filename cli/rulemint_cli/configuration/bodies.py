"""Make the bodies of management calls that create or change a record of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulemint_cli.configuration.document import (
    MANAGEMENT,
    Client,
    ClientGrant,
    Part,
    ResourceServer,
    Rule,
    Settings,
    plain_value,
)
from rulemint_cli.configuration.environment import value_of
from rulemint_cli.configuration.plan import Change
from rulemint_cli.configuration.settled import default_name
from rulemint_shared.contract.records import SigningAlgorithm


def references_of(change: Change) -> list[str]:
    """Return the references to secrets in the environment that *change* needs."""
    reference = _secret_of(change)
    return [*([reference[1]] if reference else []), *change.new_secrets.values()]


def create_body(change: Change, *, management: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the body that creates ``change.after``. A rule's secrets are not in it."""
    record = change.after
    if record is None:
        return {}
    body = {name: _spelled(record, name, management) for name in _own_fields(record)}
    body = {name: value for name, value in body.items() if value is not None} | _kept(record)
    return _with_secret(body, change, environment)


def patch_body(change: Change, *, management: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the body that changes ``change.before`` to ``change.after``. Empty if only a rule's secrets differ."""
    before, after = change.before, change.after
    if before is None or after is None:
        return {}
    own, kept = _own_fields(after), _kept(after)
    body = {name: _spelled(after, name, management) if name in own else kept.get(name) for name in change.fields}
    if isinstance(before, Client) and isinstance(after, Client) and "client_metadata" in body:
        body["client_metadata"] = {**dict.fromkeys(before.client_metadata), **after.client_metadata}
    return _with_secret(body, change, environment)


_APART = {"kept", "secrets", "client_secret", "signing_secret", "script_file", "client"}


def _own_fields(record: Part) -> list[str]:
    """Return the names of the fields that a body has by the same name."""
    return [name for name in record.__struct_fields__ if name not in _APART] + (
        ["client_id"] if isinstance(record, ClientGrant) else []
    )


def _kept(record: Part) -> dict[str, Any]:
    return {} if isinstance(record, Rule) else dict(getattr(record, "kept", {}))


def _spelled(record: Part, name: str, management: str) -> Any:
    """Return one field as the management API spells it."""
    match record, name:
        case ClientGrant(), "client_id":
            return record.client
        case ResourceServer(), "name":
            return record.name or default_name(record.identifier)
        case ClientGrant(), "audience":
            return _audience(record.audience, management)
        case Settings(), "default_audience":
            return _audience(record.default_audience, management)
        case Rule(), "audiences":
            return [_audience(audience, management) for audience in record.audiences]
        case _:
            return plain_value(getattr(record, name))


def _audience(audience: str, management: str) -> str:
    return management if audience == MANAGEMENT else audience


def _with_secret(body: dict[str, Any], change: Change, environment: Mapping[str, str]) -> dict[str, Any]:
    secret = _secret_of(change)
    return {**body, secret[0]: value_of(secret[1], environment)} if secret else body


def _secret_of(change: Change) -> tuple[str, str] | None:
    """Return the field and the reference of a new secret: of a new client, or of an API that begins to use HS256."""
    match change.after:
        case Client(client_secret=str(reference)) if change.before is None:
            return "client_secret", reference
        case ResourceServer(signing_secret=str(reference), signing_alg=SigningAlgorithm.HS256) if not (
            isinstance(change.before, ResourceServer) and change.before.signing_alg is SigningAlgorithm.HS256
        ):
            return "signing_secret", reference
        case _:
            return None
