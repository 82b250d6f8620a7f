"""Define ``rulemint rules versions``, ``deploy-version`` and ``diff``."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import NoCheckOption, YesOption, command
from rulemint_cli.connection.nouns import RULES, called, find, path_of
from rulemint_cli.rules.running import running

RuleArgument = Annotated[str, typer.Argument(metavar="ID", help="The rule's name or id.")]
VersionArgument = Annotated[int, typer.Argument(min=1, help="The version's number.")]


def add_version_commands(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    command(app)(versions)
    command(app, "deploy-version")(deploy_version)
    command(app)(diff)


async def versions(call: Call, rule: RuleArgument) -> None:
    """List the versions of a rule, newest first."""
    async with call.admin() as admin:
        found = await admin.list(f"{path_of(RULES, await find(admin, RULES, rule))}/versions")
    call.output.fields_table(("number", "deployed", "draft", "created_at", "language"), found)


async def deploy_version(
    call: Call,
    rule: RuleArgument,
    version: VersionArgument,
    *,
    no_check: NoCheckOption = False,
    yes: YesOption = False,
) -> None:
    """Run another version of a rule, with the secrets that the rule has now."""
    async with call.admin(no_check=no_check) as admin:
        record = await find(admin, RULES, rule)
        call.confirm(f"Run version {version} of {called(RULES, record)} at {admin.url}?", yes=yes)
        deployed = await admin.call("POST", f"{path_of(RULES, record)}/versions/{version}/deploy")
    call.output.done(deployed, running(deployed))


async def diff(
    call: Call,
    rule: RuleArgument,
    old: Annotated[int | None, typer.Option("--from", min=1, help="Default: the version that runs.")] = None,
    new: Annotated[int | None, typer.Option("--to", min=1, help="Default: the draft, or else the newest.")] = None,
) -> None:
    """Show the difference between two versions of a rule."""
    from rulemint_cli.terminal.differences import change_rows, diff_rows  # noqa: PLC0415  # rich, as --help does without

    query = {name: number for name, number in (("from", old), ("to", new)) if number is not None}
    async with call.admin() as admin:
        found = await admin.call("GET", f"{path_of(RULES, await find(admin, RULES, rule))}/diff", query=query)
    if call.as_json:
        call.output.json(found)
        return
    rows = diff_rows(found["script"].splitlines())
    rows += change_rows({name: (change["from"], change["to"]) for name, change in found["changed"].items()})
    if rows:
        call.output.text(*rows)
    else:
        call.output.text(f"versions {found['from']} and {found['to']} are the same")
