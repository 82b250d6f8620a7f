"""Run the ``rulemint`` program: register all commands, and end with an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 this machine does not contain rules, 130 ended by Ctrl-C.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, NoReturn

import typer

from rulemint_cli.commands.apis import apis
from rulemint_cli.commands.clients import clients
from rulemint_cli.commands.command import command
from rulemint_cli.commands.config import config
from rulemint_cli.commands.console import add_console_command
from rulemint_cli.commands.doctor import add_doctor_command
from rulemint_cli.commands.exchanges import exchanges
from rulemint_cli.commands.explaining import add_explain_command
from rulemint_cli.commands.grants import grants
from rulemint_cli.commands.help_pages import CONTEXT, JSON_OPTION, Program
from rulemint_cli.commands.keys import keys
from rulemint_cli.commands.local import add_local_commands
from rulemint_cli.commands.new import add_new_command
from rulemint_cli.commands.profiles import login, profiles
from rulemint_cli.commands.rules import rules
from rulemint_cli.commands.secrets import secrets
from rulemint_cli.commands.system import add_system_commands
from rulemint_cli.commands.tenants import tenants
from rulemint_cli.commands.testing import add_test_command
from rulemint_cli.commands.trying import add_try_command
from rulemint_cli.terminal.printable import printable_json
from rulemint_cli.terminal.standard_error import say
from rulemint_cli.terminal.streams import drop_output, open_closed_streams
from rulemint_shared import __version__
from rulemint_shared.process.settings import SettingsError

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,
    context_settings=CONTEXT,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # as typer calls it
    if wanted:
        sys.stdout.write(f"rulemint {__version__}\n")
        raise typer.Exit


@app.callback()
def _rulemint(
    *,
    version: Annotated[  # _show_version answers it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Rulemint: a self-hosted token service for machines."""


add_local_commands(app)
command(app, logs_in=True)(login)
app.add_typer(profiles, name="profiles")
add_system_commands(app)
add_console_command(app)
add_doctor_command(app)
add_new_command(app)
add_try_command(app)
add_test_command(app)
add_explain_command(app)
app.add_typer(exchanges, name="exchanges")
app.add_typer(clients, name="clients")
app.add_typer(apis, name="apis")
app.add_typer(grants, name="grants")
app.add_typer(rules, name="rules")
app.add_typer(secrets, name="secrets")
app.add_typer(keys, name="keys")
app.add_typer(tenants, name="tenants")
app.add_typer(config, name="config")


def main() -> None:
    """Run the command that the command line names."""
    open_closed_streams()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except SettingsError as error:
        _end(str(error), 2)
    except BrokenPipeError:  # who reads has seen enough, as head does
        drop_output()
        sys.exit(1)
    except OSError as error:
        drop_output()
        about = f" ({error.filename})" if error.filename else ""
        _end(f"cannot go on: {error.strerror or error}{about}", 1)


def _end(message: str, code: int) -> NoReturn:
    if JSON_OPTION in sys.argv:
        sys.stderr.write(printable_json(json.dumps({"error": {"message": message}})) + "\n")
    else:
        say(message)
    sys.exit(code)


if __name__ == "__main__":
    main()
