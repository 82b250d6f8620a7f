"""Print results: JSON for programs, tables and rows for people. No text can drive a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rulemint_cli.terminal.printable import printable, printable_json
from rulemint_cli.terminal.program import as_called_here

Cell = Callable[[dict[str, Any]], str | Text]
Columns = Mapping[str, Cell]
WIDE = 1_000
"""Columns of a file or a pipe, so that nothing is wrapped or cut there."""


class Output:
    """Standard output, for people or for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=WIDE)

    def table(self, columns: Columns, records: Sequence[dict[str, Any]]) -> None:
        """Print a table with one row for each record."""
        if self.as_json:
            self.json(records)
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in columns:
            table.add_column(heading, overflow="fold")
        for record in records:
            table.add_row(*(_cell(cell(record)) for cell in columns.values()))
        self._print(table)

    def record(self, record: Mapping[str, Any], *, but: Sequence[str] = ()) -> None:
        """Print one row for each field that has a value, but none for the fields in *but*."""
        if self.as_json:
            self.json(record)
            return
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="cyan")
        table.add_column(overflow="fold")
        for name, value in ((name, _without_unset(value)) for name, value in record.items()):
            if name not in but and value not in (None, "", [], {}):
                table.add_row(name, _cell(spelled(value)))
        self._print(table)

    def fields_table(self, fields: Sequence[str], records: Sequence[dict[str, Any]]) -> None:
        """Print a table of *fields*, with one row for each record."""
        self.table({name: field(name) for name in fields}, records)

    def done(self, result: Mapping[str, Any], sentence: str) -> None:
        """Say what was done: *result* for programs, *sentence* for people."""
        if self.as_json:
            self.json(result)
        else:
            self.console.print(_cell(as_called_here(sentence)))

    def text(self, *rows: str | Text) -> None:
        """Print *rows*, one a line, for people only."""
        if not self.as_json:
            for row in rows:
                self.console.print(_cell(row))

    def raw(self, text: str) -> None:
        """Print *text* as it is: for a shell, or for a file."""
        sys.stdout.write(text)

    def finished_json(self, text: str) -> None:
        """Print *text*, which is JSON already."""
        sys.stdout.write(printable_json(text) + "\n")

    def _print(self, table: Table) -> None:
        """Print a table. Outside a terminal, without the spaces that fill its last column."""
        if self.console.is_terminal:
            self.console.print(table)
            return
        with self.console.capture() as capture:
            self.console.print(table)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))

    def json(self, value: object) -> None:
        """Print *value* as indented JSON."""
        self.finished_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def spelled(value: object) -> str:
    """Spell a value in one cell: a text as it is, a list of texts with commas, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode()


def field(name: str) -> Cell:
    """Return a cell that shows the field *name* of a record."""

    def cell(record: Mapping[str, Any]) -> str:
        value = _without_unset(record.get(name))
        return "" if value in (None, [], {}) else spelled(value)

    return cell


def _without_unset(value: object) -> object:
    """Return an object without the fields that are null: nobody has set these."""
    return {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value


def _cell(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(printable(cell))
