"""Define ``rulemint config``, which keeps a tenant in a file: everything but its secrets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import Work, YesOption, command
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.rules.check_options import ALL_CHECKS, CheckOptions
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.standard_error import say

if TYPE_CHECKING:
    from rulemint_cli.configuration.document import Document

APPLY_TIMEOUT_S = 120.0
"""For one call, because a rule's packages may have to be installed."""

config = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="Keep a tenant in a file: everything but its secrets."
)

FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The configuration, in YAML.")]
PruneOption = Annotated[bool, typer.Option("--prune", help="Delete records that are not in the file.")]


@command(config)
async def export(
    call: Call,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write to this file, and the scripts to rules/ next to it.")
    ] = None,
) -> None:
    """Write the tenant as YAML to standard output, with the scripts in it. With --out, write files."""
    from rulemint_cli.configuration.document import plain  # noqa: PLC0415  # as below
    from rulemint_cli.configuration.present import read_present  # noqa: PLC0415  # each command loads what it needs
    from rulemint_cli.configuration.references import with_names  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.writing import text_of, write  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        with call.bars.show(f"reading {admin.url}") as steps:
            present = await read_present(admin, steps)
    document = with_names(present.document, present.client_names)
    if out is not None:
        files = await asyncio.to_thread(write, document, out)
        call.output.done({"files": [str(file) for file in files]}, f"wrote {out} and {len(files) - 1} scripts")
    elif call.as_json:
        call.output.json(plain(document))
    else:
        call.output.raw(text_of(document))


@command(config)
def diff(call: Call, file: FileArgument, *, prune: PruneOption = False) -> Work:
    """Show what apply would change. The exit code is 1 if there is something."""
    from rulemint_cli.configuration.reading import read_document  # noqa: PLC0415  # as above

    return _apply(call, file, read_document(file), prune=prune, dry_run=True, exit_code=1, yes=False)


@command(config)
def apply(
    call: Call,
    file: FileArgument,
    *,
    prune: PruneOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes, but make none.")] = False,
    checks: CheckOptions,
    yes: YesOption = False,
) -> Work:
    """Show the changes, and make the tenant as FILE has it. Secrets come from the environment."""
    from rulemint_cli.configuration.reading import read_document  # noqa: PLC0415  # as above

    return _apply(call, file, read_document(file), prune=prune, dry_run=dry_run, exit_code=0, yes=yes, checks=checks)


@command(config, "import-auth0", reaches=True, logs_in=True)
def import_auth0(
    call: Call,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The folder that a0deploy wrote.")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write tenant.yaml and its scripts to this folder.")
    ] = None,
    apply_it: Annotated[bool, typer.Option("--apply", help="Apply it now, without a file.")] = False,
    checks: CheckOptions,
    yes: YesOption = False,
) -> Work | None:
    """Read an export of npm auth0-deploy-cli, in either format. Lists what it takes, leaves out, and leaves to you.

    With --apply, it also shows the ids and secrets of new clients, this once.
    """
    from rulemint_cli.configuration.auth0.importing import read_export  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.auth0.remarks import still_to_do, taken  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.document import plain  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.writing import text_of, write  # noqa: PLC0415  # as above

    with call.bars.show(f"reading {folder}") as steps:
        imported = read_export(folder, steps)
    document = imported.document
    remarks = {"left_out": imported.left_out, "to_do": still_to_do(document)}
    for remark in (taken(document), *remarks["left_out"], *remarks["to_do"]):
        say(remark)
    files = [] if out is None else write(document, out / "tenant.yaml")
    if apply_it:
        return _apply(
            call, folder, document, prune=False, dry_run=False, exit_code=0, yes=yes, checks=checks,
            shows_secrets=True
        )  # fmt: skip
    if files:
        call.output.done(
            {"files": [str(file) for file in files], **remarks},
            f"wrote {files[-1]} and {len(files) - 1} scripts: rulemint config diff {quote(str(files[-1]))} compares it",
        )
    elif call.as_json:
        call.output.json({"document": plain(document), **remarks})
    else:
        call.output.raw(text_of(document))
    return None


async def _apply(  # noqa: PLR0913  # each is an option of the command line
    call: Call,
    file: Path,
    document: Document,
    *,
    prune: bool,
    dry_run: bool,
    exit_code: int,
    yes: bool,
    checks: CheckOptions = ALL_CHECKS,
    shows_secrets: bool = False,
) -> None:
    from rulemint_cli.configuration import new_secrets, report  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.applying import apply as carry_out  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.environment import variables  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.plan import plan  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.present import read_present  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.references import with_ids  # noqa: PLC0415  # as above
    from rulemint_cli.configuration.settled import settled  # noqa: PLC0415  # as above
    from rulemint_shared.ids import new_client_id  # noqa: PLC0415  # as above

    async with call.admin(timeout_s=APPLY_TIMEOUT_S, **checks.given) as admin:
        with call.bars.show(f"reading {admin.url}") as steps:
            present = await read_present(admin, steps)
        wanted = with_ids(settled(document, management=present.management), present, prune=prune, new_id=new_client_id)
        changes = plan(wanted, present.document, prune=prune)
        names = {**present.client_names, **{client.client_id or "": client.name for client in wanted.clients}}
        result: dict[str, Any] = {"changes": report.as_json(changes, names), "applied": not dry_run}
        if not changes:
            call.output.done(result, f"nothing to change: {admin.url} is as {file} has it")
            return
        call.output.text(*report.rows(changes, names))
        if dry_run:
            call.output.done(result, report.summary(changes))
            raise typer.Exit(exit_code)
        call.confirm(f"{report.summary(changes)}: do it at {admin.url}?", yes=yes)
        with call.bars.show("applying", len(changes)) as steps:
            made = await carry_out(admin, changes, present, variables(), steps.done)
    if shows_secrets:
        result["secrets"] = [new_secrets.shown(each) for each in made]
        call.output.text(*(f"{name}  {value}" for each in made for name, value in new_secrets.shown(each).items()))
    else:
        for each in made:
            say(new_secrets.unseen(each))
    if admin.warnings:
        if call.as_json:
            call.output.json(result)  # the secrets in it are shown only now
        raise CommandError(f"all else was done, but: {'; '.join(admin.warnings)}")
    call.output.done(result, report.done(changes))
