"""Write ``--help``: sentences that are not cut, as wide as the terminal up to 100 columns, with examples."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from rulemint_cli.commands.completion import complete_names_in
from rulemint_cli.commands.examples import EXAMPLES

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
