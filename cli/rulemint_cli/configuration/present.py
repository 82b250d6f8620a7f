"""Read a system's records through the management API into a `Document`, and note the id of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from rulemint_cli.configuration import kept_fields, settled
from rulemint_cli.configuration.document import (
    Client,
    ClientGrant,
    Document,
    Limits,
    Part,
    ResourceServer,
    Rule,
    Scope,
    Settings,
)
from rulemint_cli.connection.nouns import APIS, CLIENTS, GRANTS, RULES, Record
from rulemint_cli.rules.rule_secrets import secret_names
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.wrong_values import WrongValue

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin
    from rulemint_cli.terminal.progress import Steps

SETTINGS_PATH = "tenants/settings"
ADMINISTRATOR = "Rulemint administrator"
"""The name of the client that every new tenant has."""
P = TypeVar("P", bound=Part)
_NEVER_SHOWN = frozenset({"client_secret", "signing_secret"})
_NOT_IN_VARIABLES = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Present:
    """A tenant as it is now, without its management API, its administrators and their grants.

    No file may change those.
    """

    document: Document
    """It names clients by their client_ids."""
    ids: Mapping[tuple[str, str], str]
    """The id of each record in the management API, by section and key."""
    client_names: Mapping[str, str]
    """The names of all clients, by client_id."""
    protected: frozenset[str]
    """The client_ids of the administrators, and of the client that asks."""
    management: str
    """The identifier of the management API."""


async def read_present(admin: Admin, steps: Steps) -> Present:
    """Read the whole tenant of *admin*, in *steps*.

    Raises:
        CommandError: the system refuses, does not answer, or answers in the format of another version.
    """
    settings, apis, clients, grants, rules = await _read(admin, steps)
    management = next((str(api["identifier"]) for api in apis if api["is_system"]), "")
    protected = _protected(clients, grants, management) | {admin.client_id}
    own_clients = [client for client in clients if client["client_id"] not in protected]
    own_grants = [grant for grant in grants if grant["client_id"] not in protected]
    own_apis = [api for api in apis if not api["is_system"]]
    document = Document(
        rulemint=1,
        settings=settings_of(settings),
        resource_servers=[api_of(api) for api in own_apis],
        clients=[client_of(client) for client in own_clients],
        client_grants=[grant_of(grant) for grant in own_grants],
        rules=[rule_of(rule, names) for rule, names in rules],
    )
    document = settled.settled(document, management=management)
    ids = {
        **{("resource_servers", str(api["identifier"])): str(api["id"]) for api in own_apis},
        **{("clients", str(client["client_id"])): str(client["client_id"]) for client in own_clients},
        **{
            ("client_grants", key_of(settled.settled_grant(grant_of(grant), management))): str(grant["id"])
            for grant in own_grants
        },
        **{("rules", str(rule["name"])): str(rule["id"]) for rule, _names in rules},
    }
    names = {str(client["client_id"]): str(client["name"]) for client in clients}
    return Present(document=document, ids=ids, client_names=names, protected=protected, management=management)


async def _read(
    admin: Admin, steps: Steps
) -> tuple[Record, list[Record], list[Record], list[Record], list[tuple[Record, list[str]]]]:
    """Read the settings, the APIs, the clients, the client grants, and the rules with the names of their secrets."""
    nouns = (APIS, CLIENTS, GRANTS, RULES)
    steps.expect(1 + len(nouns))
    settings = await admin.call("GET", SETTINGS_PATH)
    steps.done()
    lists = []
    for noun in nouns:
        lists.append(await admin.list(noun.path, fields=("id", *Rule.__struct_fields__) if noun is RULES else ()))
        steps.done()
    apis, clients, grants, listed = lists
    steps.expect(len(listed))
    rules = []
    for rule in listed:
        rules.append((rule, await secret_names(admin, rule)))
        steps.done()
    return settings, apis, clients, grants, rules


def key_of(record: Part) -> str:
    """Return the key that identifies *record* in its section. Its document is settled, and names clients by ids."""
    match record:
        case ResourceServer():
            return record.identifier
        case Client():
            return record.client_id or ""
        case ClientGrant():
            return f"{record.client} {record.audience}"
        case Rule():
            return record.name
        case _:
            return ""


def settings_of(record: Record) -> Settings:
    """Return the settings as a file has them."""
    return _part(record, Settings, kept=_kept(record, kept_fields.SETTINGS))


def api_of(record: Record) -> ResourceServer:
    """Return an API as a file has it, without its signing secret."""
    scopes = [msgspec.to_builtins(_convert(scope, Scope)) for scope in record["scopes"]]
    return _part(record, ResourceServer, scopes=scopes, kept=_kept(record, kept_fields.RESOURCE_SERVER))


def client_of(record: Record) -> Client:
    """Return a client as a file has it, without its secrets."""
    return _part(record, Client, kept=_kept(record, kept_fields.CLIENT))


def grant_of(record: Record) -> ClientGrant:
    """Return a client grant as a file has it. It names its client by the client_id."""
    return _part(record, ClientGrant, client=record["client_id"], kept=_kept(record, kept_fields.CLIENT_GRANT))


def rule_of(record: Record, secrets: list[str]) -> Rule:
    """Return a rule as a file has it. Its secrets are variables, named after the rule and the secret."""
    limits = {name: value for name, value in record["limits"].items() if name in Limits.__struct_fields__}
    variables = {name: secret_variable(str(record["name"]), name) for name in secrets}
    return _part(record, Rule, limits=limits, secrets=variables)


def secret_variable(rule: str, secret: str) -> str:
    """Return the variable for a secret of a rule, such as ``${RULE_SECRET}``."""
    name = _NOT_IN_VARIABLES.sub("_", f"{rule}_{secret}".upper())
    return f"${{_{name}}}" if name[0].isdigit() else f"${{{name}}}"


def _protected(clients: list[Record], grants: list[Record], management: str) -> frozenset[str]:
    """Return the client_ids of administrators: clients with that name and a grant for the management API."""
    named = {str(client["client_id"]) for client in clients if client["name"] == ADMINISTRATOR}
    return frozenset(
        str(grant["client_id"]) for grant in grants if grant["audience"] == management and grant["client_id"] in named
    )


def _part(record: Record, kind: type[P], **spelled: Any) -> P:
    """Return *record* as a *kind*: the fields of equal names, and those that a file spells otherwise."""
    own = {name: record[name] for name in kind.__struct_fields__ if name in record and name not in _NEVER_SHOWN}
    return _convert({**own, **spelled}, kind)


def _kept(record: Record, names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name in names}


def _convert(fields: dict[str, Any], kind: type[P]) -> P:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        place = WrongValue.of(error).field
        raise CommandError(f"the system answers {place} in the format of another version: update the older") from None
