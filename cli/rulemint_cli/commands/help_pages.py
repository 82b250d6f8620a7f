"""Write ``--help``: sentences that are not cut, as wide as the terminal up to 100 columns, with examples."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from typer import BadParameter
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from rulemint_cli.commands.completion import complete_names_in
from rulemint_cli.commands.examples import EXAMPLES
from rulemint_cli.commands.plain_words import name_values, plain, rows_of, usage_piece
from rulemint_cli.terminal.printable import printable_json

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
            sys.stderr.write(printable_json(json.dumps({"error": {"message": error.format_message()}})) + "\n")
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


class Command(TyperCommand):
    """Ends its help with examples. The shell completes names of records."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the command as typer describes it."""
        super().__init__(*args, **kwargs)
        complete_names_in(self.params)
        name_values(self.params)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line. What is wrong with it is said in plain words."""
        try:
            return super().parse_args(ctx, args)
        except BadParameter as error:
            error.message = plain(error.message)
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the pieces of the line of usage."""
        return [usage_piece(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options."""
        for kind, heading in (("argument", "Arguments"), ("option", "Options")):
            own = [each for each in self.get_params(ctx) if each.param_type_name == kind]
            if rows := list(rows_of(own, ctx)):
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, then what the command has at its end."""
        program, *words = ctx.command_path.split(" ")
        if examples := EXAMPLES.get(" ".join(words)):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(_folded(f"{program} {example}", formatter.current_indent, formatter.width))
        super().format_epilog(ctx, formatter)


def _folded(command: str, indent: int, width: int) -> str:
    """Return *command* on rows that fit, as a shell takes it: each begins with an option, and ends with a backslash."""
    first, *options = command.split(" --")
    rows = [f"{'':{indent}}{first}"]
    for option in options:
        if len(rows[-1]) + len(f" --{option} \\") > width:
            rows[-1] += " \\"
            rows.append(f"{'':{indent + 4}}--{option}")
        else:
            rows[-1] += f" --{option}"
    return "\n".join(rows) + "\n"
