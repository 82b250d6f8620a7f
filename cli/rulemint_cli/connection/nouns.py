"""The nouns of the management API as its users meet them: found by id or by name, listed, shown, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rulemint_cli.terminal.errors import CommandError

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

Record = dict[str, Any]


@dataclass(frozen=True)
class Noun:
    """One kind of record."""

    word: str
    """In a sentence: ``client``."""
    command: str
    """On the command line: ``clients``."""
    path: str
    """In the management API."""
    columns: tuple[str, ...]
    """The fields of a row of its table."""
    id: str = "id"
    """The field by which the management API knows it."""
    names: tuple[str, ...] = ("name",)
    """The fields by which its user may."""


CLIENTS = Noun("client", "clients", "clients", ("client_id", "name", "description"), id="client_id")
APIS = Noun(
    "API",
    "apis",
    "resource-servers",
    ("identifier", "name", "signing_alg", "token_lifetime", "id"),
    names=("identifier", "name"),
)
GRANTS = Noun("client grant", "grants", "client-grants", ("id", "client_id", "audience", "scope"), names=("client_id",))
RULES = Noun("rule", "rules", "rules", ("name", "order", "enabled", "language", "version", "allow_hosts", "id"))
TENANTS = Noun("tenant", "tenants", "tenants", ("name", "issuer", "hosts", "disabled"), id="name", names=())


async def find(admin: Admin, noun: Noun, wanted: str) -> Record:
    """The record whose id is *wanted*, or else whose name.

    Raises:
        CommandError: there is none, or more than one has the name.
    """
    records = await admin.list(noun.path)
    for record in records:
        if record[noun.id] == wanted:
            return record
    named = [record for record in records if wanted in {record.get(name) for name in noun.names}]
    if not named:
        raise CommandError(f"there is no {noun.word} {wanted}: rulemint {noun.command} list shows them")
    if len(named) > 1:
        ids = ", ".join(str(record[noun.id]) for record in named)
        raise CommandError(f"{wanted} means {len(named)} {noun.word}s: say which by its id: {ids}")
    return named[0]


def path_of(noun: Noun, record: Record) -> str:
    """Where the management API has *record*."""
    return f"{noun.path}/{quote(str(record[noun.id]), safe='')}"


def called(noun: Noun, record: Record) -> str:
    """*record* in a sentence: by its name, and its id if that is another."""
    name = next((str(record[field]) for field in noun.names if record.get(field)), "")
    record_id = str(record[noun.id])
    return f"the {noun.word} {record_id}" if name in {"", record_id} else f"the {noun.word} {name} ({record_id})"
