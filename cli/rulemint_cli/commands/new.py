"""Define ``rulemint new``, which writes a rule with its cases from a template."""

from __future__ import annotations

from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import UNSET

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.rules.templates import DEFAULT, list_of_templates, write_rule
from rulemint_shared.contract.records import Language

if TYPE_CHECKING:
    from rulemint_shared.cases.format import CaseFile


def add_new_command(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app, reaches=False, epilog=f"\b\nTemplates:\n{list_of_templates()}\n")(new)


def new(
    call: Call,
    name: Annotated[str, typer.Argument(help="The rule's name, without a suffix.")],
    template: Annotated[str | None, typer.Option(help=f"The template. Default: {DEFAULT}.")] = None,
    language: Annotated[Language | None, typer.Option(help="The language. Default: the template's first.")] = None,
    folder: Annotated[Path, typer.Option(help="The folder for the files.")] = Path(),
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write a rule and its cases from a template, and say how to go on."""
    from rulemint_cli.cases.reading import read_cases  # noqa: PLC0415  # PyYAML, which --help does without

    written = write_rule(name, template, language, folder=folder, force=force)
    options = _options_of(read_cases(written.cases).content)
    file = str(written.rule)
    commands = [
        join(["rulemint", "test", file]),
        join(["rulemint", "try", file, "--client", "{}", *options]),
        join(["rulemint", "rules", "deploy", file, *options]),
    ]
    if call.as_json:
        call.output.json({"rule": file, "cases": str(written.cases), "next": commands})
        return
    call.output.text(f"wrote {written.rule} and {written.cases}. Next:", "", *(f"  {each}" for each in commands))


def _options_of(cases: CaseFile) -> list[str]:
    """Return the options that give a rule what its cases give it."""
    options = []
    if cases.rule.dependencies is not UNSET:
        options += [f"--dep={name}@{version}" for name, version in cases.rule.dependencies.items()]
    if cases.rule.allow_hosts is not UNSET:
        options += [f"--allow-host={host}" for host in cases.rule.allow_hosts]
    if cases.defaults.secrets is not UNSET:
        options += [f"--secret={name}={value}" for name, value in cases.defaults.secrets.items()]
    return options
