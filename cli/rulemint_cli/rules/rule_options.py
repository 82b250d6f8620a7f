"""Read the options of a rule from the command line, for the commands that make a rule and those that change one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from rulemint_cli.rules.rule_file import dependencies_of, limits_of
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.allow_list import parse_entries
from rulemint_shared.contract.records import Language


@dataclass(frozen=True, kw_only=True)
class RuleFields:
    """The options of a rule that is made or changed."""

    client: Annotated[
        list[str] | None, typer.Option(help="A client that the rule is for: its id or name. Replaces the old list.")
    ] = None
    audience: Annotated[list[str] | None, typer.Option(help="An API that the rule is for. Replaces the old list.")] = (
        None
    )
    dep: Annotated[list[str] | None, typer.Option(help="A package, such as axios@1. Replaces the old list.")] = None
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host that the rule may call. Replaces the old list.")
    ] = None
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER", help="A limit, such as timeout_s=2 or memory_mb=128. Replaces all old limits."
        ),
    ] = None
    description: Annotated[str | None, typer.Option(help="The purpose of the rule.")] = None
    lock: Annotated[
        bool | None, typer.Option("--lock/--no-lock", help="Leave out all that it does beyond what its cases show.")
    ] = None
    on_failure: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY",
            help="closed, or stale:MINUTES: if it fails, its last good answer, at most so old, takes its place.",
        ),
    ] = None
    cases: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, metavar="FILE", help="Cases to keep with it. Replaces the old ones."),
    ] = None
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="What the new version changes. It is kept with the version.")
    ] = None


@dataclass(frozen=True, kw_only=True)
class RuleOptions(RuleFields):
    """The options of a rule that the command line may add to its file."""

    name: Annotated[str | None, typer.Option(help="The rule's name. Default: the file's name.")] = None
    secret: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=VALUE]", help="A secret of the rule. Without a value, you are asked for it."),
    ] = None
    language: Annotated[Language | None, typer.Option(help="The language. Default: from the file's suffix.")] = None
    no_cases: Annotated[
        bool, typer.Option("--no-cases", help="Leave the file of cases next to FILE alone: RULE.cases.yaml.")
    ] = False


def fields_of(options: RuleFields) -> dict[str, Any]:
    """Return the fields of the management API that *options* give, without the message and the cases.

    Raises:
        UsageError: an option is malformed.
    """
    fields: dict[str, Any] = {}
    if options.dep:
        fields["dependencies"] = dependencies_of(options.dep)
    if options.allow_host:
        fields["allow_hosts"] = _hosts(options.allow_host)
    if options.limit:
        fields["limits"] = limits_of(options.limit)
    if options.client:
        fields["clients"] = options.client
    if options.audience:
        fields["audiences"] = options.audience
    if options.description is not None:
        fields["description"] = options.description
    if options.lock is not None:
        fields["locked"] = options.lock
    if options.on_failure is not None:
        fields["on_failure"] = options.on_failure
    return fields


def _hosts(texts: list[str]) -> list[str]:
    """Spell hosts as the system stores them, so that they can be compared."""
    try:
        return list(dict.fromkeys(str(entry) for entry in parse_entries(texts)))
    except ValueError as error:
        raise UsageError(f"--allow-host: {error}") from None
