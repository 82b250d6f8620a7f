"""Write ``--help``: sentences that are not cut, as wide as the terminal up to 100 columns, with examples."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from rulemint_cli.commands.completion import complete_names_in
from rulemint_cli.commands.examples import EXAMPLES

JSON_OPTION = "--json"
CONTEXT = {"max_content_width": 100}
"""For the program itself; its commands inherit it."""


class Group(TyperGroup):
    """Lists each command with the first paragraph of its help, wrapped and not cut."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list."""
        rows = [
            (name, (command.help or "").partition("\n\n")[0].replace("\n", " ").strip())
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class Program(Group):
    """The program itself. With ``--json``, a wrong command line too is a line of JSON on standard error."""

    def main(self, args: Sequence[str] | None = None, *names: Any, **settings: Any) -> Any:
        """Run the command that *args* name, by default those of the process."""
        given = sys.argv[1:] if args is None else list(args)
        if JSON_OPTION not in given or not settings.get("standalone_mode", True):
            return super().main(args, *names, **settings)
        try:
            code = super().main(args, *names, **{**settings, "standalone_mode": False})
        except TyperException as error:
            sys.stderr.write(json.dumps({"error": {"message": error.format_message()}}) + "\n")
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


class Command(TyperCommand):
    """Ends its help with examples. The shell completes names of records."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the command as typer describes it."""
        super().__init__(*args, **kwargs)
        complete_names_in(self.params)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, then what the command has at its end."""
        program, *words = ctx.command_path.split(" ")
        if examples := EXAMPLES.get(" ".join(words)):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(f"{'':{formatter.current_indent}}{program} {example}\n")
        super().format_epilog(ctx, formatter)
