"""Compare a rule's file and options with the rule of that name, and plan its changes (``rulemint rules deploy``)."""

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
from rulemint_shared.contract.records import Language

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The rule that the command line asks for. Fields that it does not name stay as they are."""

    name: str
    fields: dict[str, Any]
    secrets: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A plan: the changes that make a rule what is wanted."""

    wanted: Wanted
    existing: Record | None
    etag: str | None
    """The ETag of *existing*. The rule is changed only while it still has this one."""
    changes: dict[str, Any]
    """The fields that differ."""
    known_secrets: list[str]

    @property
    def is_needed(self) -> bool:
        """Tell whether anything changes. A given secret counts as a change, because its value cannot be compared."""
        return self.existing is None or bool(self.changes or self.wanted.secrets)

    @property
    def step_count(self) -> int:
        """Return how many steps `deploy` reports. A single step is 0, because there is nothing to count."""
        secrets = bool(self.wanted.secrets)
        count = 1 + 2 * secrets if self.existing is None else secrets + bool(self.changes)
        return count if count > 1 else 0

    @property
    def question(self) -> str:
        """Return the beginning of the question that is asked first."""
        return f"{'Create' if self.existing is None else 'Change'} the rule {self.wanted.name}"


@dataclass(frozen=True, kw_only=True)
class RuleOptions:
    """The options of a rule that the command line may add to the file."""

    name: Annotated[str | None, typer.Option(help="The rule's name. Default: the file's name.")] = None
    secret: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A secret of the rule.")] = None
    dep: Annotated[list[str] | None, typer.Option(help="A package, such as axios@1. Replaces the old list.")] = None
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host that the rule may call. Replaces the old list.")
    ] = None
    client: Annotated[
        list[str] | None, typer.Option(help="A client_id that the rule is for. Replaces the old list.")
    ] = None
    audience: Annotated[list[str] | None, typer.Option(help="An API that the rule is for. Replaces the old list.")] = (
        None
    )
    language: Annotated[Language | None, typer.Option(help="The language. Default: from the file's suffix.")] = None


def wanted_of(file: Path, options: RuleOptions) -> Wanted:
    """Return the rule that *file* and *options* ask for.

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
    """Plan the changes that make the rule as *wanted*.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    listed = next((rule for rule in await admin.list(RULES.path) if rule["name"] == wanted.name), None)
    existing, etag = (None, None) if listed is None else await admin.call_matching("GET", path_of(RULES, listed))
    old = existing or {}
    changes = {name: value for name, value in wanted.fields.items() if old.get(name) != value}
    if existing is not None and not existing["version"]:  # it shows its draft, which has never run
        changes |= {"script": wanted.fields["script"], "enabled": True}
    return Deployment(
        wanted=wanted,
        existing=existing,
        etag=etag,
        changes=changes,
        known_secrets=await secret_names(admin, existing) if existing and wanted.secrets else [],
    )


def _hosts(texts: list[str]) -> list[str]:
    """Spell hosts as the system stores them, so that they can be compared."""
    try:
        return list(dict.fromkeys(str(entry) for entry in parse_entries(texts)))
    except ValueError as error:
        raise UsageError(f"--allow-host: {error}") from None
