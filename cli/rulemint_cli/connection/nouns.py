"""Describe each kind of record in the management API, and find a record by its id or name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rulemint_cli.terminal.errors import CommandError

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

Record = dict[str, Any]


class NotThereError(CommandError):
    """No record has the id or name that was given, or several have the name."""


class SeveralError(NotThereError):
    """Several records have the name."""


@dataclass(frozen=True)
class Noun:
    """One kind of record."""

    word: str
    """The word in a sentence: ``client``."""
    command: str
    """The word on the command line: ``clients``."""
    path: str
    """The path in the management API."""
    columns: tuple[str, ...]
    """The fields that a table shows."""
    columns_if_any: tuple[str, ...] = ()
    """Further fields, which a table shows if a record has a value in them."""
    id: str = "id"
    """The field that identifies a record in the management API."""
    names: tuple[str, ...] = ("name",)
    """The fields that a user may name a record by."""


CLIENTS = Noun("client", "clients", "clients", ("client_id", "name", "description"), id="client_id")
APIS = Noun(
    "API",
    "apis",
    "resource-servers",
    ("identifier", "name", "signing_alg", "token_lifetime", "id"),
    names=("identifier", "name"),
)
GRANTS = Noun("client grant", "grants", "client-grants", ("id", "client_id", "audience", "scope"), names=("client_id",))
RULES = Noun(
    "rule",
    "rules",
    "rules",
    ("name", "order", "enabled", "language", "version", "allow_hosts", "id"),
    columns_if_any=("pause",),
)
TENANTS = Noun(
    "tenant", "tenants", "tenants", ("name", "issuer", "hosts", "disabled", "deletes_at"), id="name", names=()
)


async def find(admin: Admin, noun: Noun, wanted: str) -> Record:
    """Return the record with the id *wanted*, or else the one with that name.

    Raises:
        NotThereError: there is none, or several have the name.
        CommandError: the system refuses, or does not answer.
    """
    return found(await admin.list(noun.path), noun, wanted)


def found(records: Sequence[Record], noun: Noun, wanted: str) -> Record:
    """Return the record of *records* with the id *wanted*, or else the one with that name.

    Raises:
        NotThereError: there is none, or several have the name.
    """
    for record in records:
        if record[noun.id] == wanted:
            return record
    named = [record for record in records if wanted in {record.get(name) for name in noun.names}]
    if not named:
        raise NotThereError(f"there is no {noun.word} {wanted}: rulemint {noun.command} list shows all")
    if len(named) > 1:
        ids = ", ".join(str(record[noun.id]) for record in named)
        raise SeveralError(f"{len(named)} {noun.word}s are called {wanted}: give the id of one: {ids}")
    return named[0]


def path_of(noun: Noun, record: Record) -> str:
    """Return the path of *record* in the management API."""
    return f"{noun.path}/{quote(str(record[noun.id]), safe='')}"


def named_as_ours(record: Record) -> Record:
    """Return *record* with a name for people: Auth0's tools need another for our own management API."""
    return {**record, "name": "Management API (built in)"} if record.get("is_system") else record


def called(noun: Noun, record: Record) -> str:
    """Name *record* in a sentence: by its name, with its id if that differs."""
    name = next((str(record[field]) for field in noun.names if record.get(field)), "")
    record_id = str(record[noun.id])
    return f"the {noun.word} {record_id}" if name in {"", record_id} else f"the {noun.word} {name} ({record_id})"
