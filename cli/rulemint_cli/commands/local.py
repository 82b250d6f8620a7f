"""Define the commands that work on this machine alone: ``dev``, ``init``, ``types``, ``sandbox check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.local.settings import DevSettings
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.process.settings import read_settings, render_help

sandbox = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="The sandbox that isolates rules on this machine."
)


def add_local_commands(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    settings = render_help(DevSettings).replace("\n\n", "\n\n\b\n")  # \b: typer leaves the lines alone
    command(app, reaches=False, watches=True, epilog=settings)(dev)
    command(app, reaches=False)(init)
    command(app, reaches=False)(types)
    command(sandbox, "check", reaches=False)(check)
    app.add_typer(sandbox, name="sandbox")


async def dev(call: Call) -> None:
    """Run the whole system on this machine, with an embedded Valkey, until Ctrl-C.

    With --json, standard output gets one line with the addresses when the system is ready. The log goes to standard
    error.
    """
    from rulemint_cli.local.merged_log import Console  # noqa: PLC0415  # each command loads what it needs: --help stays quick

    try:
        from rulemint_cli.local.dev import run_dev  # noqa: PLC0415  # as above
        from rulemint_cli.local.welcome import Ready, json_line, welcome_text  # noqa: PLC0415  # as above
    except ModuleNotFoundError as error:
        raise CommandError(
            f"rulemint dev needs {error.name}, which is not installed: run it from a checkout (make run)"
        ) from error
    answer = Console(sys.stdout)

    def welcome(ready: Ready) -> None:
        answer.text(json_line(ready) if call.as_json else welcome_text(ready))

    await run_dev(read_settings(DevSettings), Console(sys.stderr) if call.as_json else answer, welcome)


def init(
    call: Call,
    folder: Annotated[Path, typer.Argument(help="The folder for the files.")],
    runner_key: Annotated[
        Path | None,
        typer.Option("--runner-key", metavar="FILE", help="The file for the runner's key. [FOLDER/runner.key]"),
    ] = None,
    password: Annotated[
        Path | None,
        typer.Option("--password", metavar="FILE", help="The file for the password. [FOLDER/valkey.password]"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Valkey's folder. If it has data, make no new master key."),
    ] = None,
) -> None:
    """Make a master key, the runner's key and a Valkey password as files in FOLDER.

    The master key and the password stay as they are if they exist. The runner's key is derived from the master key, and
    made again if that has changed. It opens the secrets of rules only, and is the only key that a runner gets.
    """
    from rulemint_cli.local.key_files import make_key_files  # noqa: PLC0415  # as above

    files = make_key_files(folder, runner_key=runner_key, password=password, data=data)
    if call.as_json:
        call.output.json([str(file) for file in files])
    else:
        call.output.text(*(f"{file} is there" for file in files))


def types(call: Call, folder: Annotated[Path, typer.Argument(help="The folder for the files.")] = Path()) -> None:
    """Write the types of rules for editors into FOLDER: rulemint.pyi and rulemint.d.ts."""
    from rulemint_cli.rules.type_files import write_type_files  # noqa: PLC0415  # as above

    written = [str(path) for path in write_type_files(folder)]
    if call.as_json:
        call.output.json(written)
    else:
        call.output.text(*written)


def check(
    call: Call,
    landlock_abi: Annotated[
        int | None,
        typer.Option(min=3, max=9, help="Use no newer Landlock, to show what an older kernel would stop."),
    ] = None,
) -> None:
    """Attack this machine's sandbox, and show what it stops. The exit code is 78 if rules are not contained."""
    from rulemint_cli.local.sandbox_check import NO_SANDBOX, check_sandbox, show_report  # noqa: PLC0415  # as above

    with call.bars.show("attacking this machine's sandbox"):
        report, as_json = check_sandbox(landlock_abi)
    if call.as_json:
        call.output.raw(as_json.decode())
    else:
        show_report(report, call.output.console)
    if report.problems:
        raise typer.Exit(NO_SANDBOX)
