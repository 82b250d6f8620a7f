"""``rulemint rules deploy``: a file and options → what would change of the rule of that name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rulemint_cli.connection.nouns import RULES, Record, path_of
from rulemint_cli.rules.rule_file import dependencies_of, language_of, read_script, rule_name_of, secret_pairs
from rulemint_cli.rules.rule_secrets import secret_names
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.allow_list import parse_entries
from rulemint_shared.records import Language

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for. A field that it does not name stays as it is."""

    name: str
    fields: dict[str, Any]
    secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What a deployment would do."""

    wanted: Wanted
    existing: Record | None
    etag: str | None
    """Of *existing*: it is changed only while it still has this one."""
    changes: dict[str, Any]
    """The fields that differ."""
    known_secrets: list[str]

    @property
    def is_needed(self) -> bool:
        """Whether it changes anything; a secret's value cannot be compared, so a given one counts."""
        return self.existing is None or bool(self.changes or self.wanted.secrets)

    @property
    def step_count(self) -> int:
        """Of how many steps `deploy` tells; 0 for a single one, of which nothing can be counted."""
        secrets = bool(self.wanted.secrets)
        count = 1 + 2 * secrets if self.existing is None else secrets + bool(self.changes)
        return count if count > 1 else 0

    @property
    def question(self) -> str:
        """To ask before it is done."""
        return f"{'Create' if self.existing is None else 'Change'} the rule {self.wanted.name}"


@dataclass(frozen=True, kw_only=True)
class RuleOptions:
    """What the command line says beside the file."""

    name: Annotated[str | None, typer.Option(help="The rule's name; by default the file's.")] = None
    secret: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A secret of the rule.")] = None
    dep: Annotated[list[str] | None, typer.Option(help="A package, such as axios@1; replaces all others.")] = None
    allow_host: Annotated[list[str] | None, typer.Option(help="A host that it may call; replaces all others.")] = None
    client: Annotated[list[str] | None, typer.Option(help="A client_id that it is for; replaces all others.")] = None
    audience: Annotated[list[str] | None, typer.Option(help="An API that it is for; replaces all others.")] = None
    language: Annotated[Language | None, typer.Option(help="By default what the file's suffix says.")] = None


def wanted_of(file: Path, options: RuleOptions) -> Wanted:
    """What *file* and the *options* beside it ask for.

    Raises:
        UsageError: the file cannot be read, or an option is malformed.
    """
    fields: dict[str, Any] = {"script": read_script(file), "language": str(language_of(file, options.language))}
    if options.dep:
        fields["dependencies"] = dependencies_of(options.dep)
    if options.allow_host:
        fields["allow_hosts"] = _hosts(options.allow_host)
    if options.client:
        fields["clients"] = options.client
    if options.audience:
        fields["audiences"] = options.audience
    return Wanted(name=options.name or rule_name_of(file), fields=fields, secrets=secret_pairs(options.secret or []))


async def plan(admin: Admin, wanted: Wanted) -> Deployment:
    """What it takes to have *wanted*.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    listed = next((rule for rule in await admin.list(RULES.path) if rule["name"] == wanted.name), None)
    existing, etag = (None, None) if listed is None else await admin.call_matching("GET", path_of(RULES, listed))
    old = existing or {}
    return Deployment(
        wanted=wanted,
        existing=existing,
        etag=etag,
        changes={name: value for name, value in wanted.fields.items() if old.get(name) != value},
        known_secrets=await secret_names(admin, existing) if existing and wanted.secrets else [],
    )


def _hosts(texts: list[str]) -> list[str]:
    """As the system stores them, so that they can be compared."""
    try:
        return list(dict.fromkeys(str(entry) for entry in parse_entries(texts)))
    except ValueError as error:
        raise UsageError(f"--allow-host: {error}") from None
