"""A part of the bench of growth: a table of its own, in the terminal, as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from bench.rounds import Row
from bench.table import Origin, origin_as_markdown, table_as_markdown

COLUMNS = (
    "case",
    "tokens/s",
    "of the first",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU µs/token",
    "MiB, unique",
    "hosts",
    "got none",
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One table."""

    name: str
    title: str
    columns: Sequence[str]
    rows: list[list[str]]


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    origin: Origin
    parts: list[Part]


def part_of_rows(name: str, title: str, rows: Sequence[Row]) -> Part:
    """A part whose cases were under load; each is compared with the first."""
    cells = [
        [
            row.title,
            f"{row.per_second:.0f}",
            f"{row.per_second / (rows[0].per_second or 1):.2f}",
            f"{row.p50_ms:.2f}",
            f"{row.p95_ms:.2f}",
            f"{row.p99_ms:.2f}",
            f"{sum(row.processor_us.values()):.0f}",
            f"{sum(row.unique_mib.values()):.0f}",
            str(row.processes.get("hosts", 0)),
            str(row.failed),
        ]
        for row in rows
    ]
    return Part(name=name, title=title, columns=COLUMNS, rows=cells)


def show(part: Part, console: Console) -> None:
    """Print it."""
    table = Table(title=part.title)
    for number, name in enumerate(part.columns):
        table.add_column(name, justify="right" if number else "left")
    for row in part.rows:
        table.add_row(*row)
    console.print(table)


def as_markdown(growth: Growth) -> str:
    """All tables with what they were measured on."""
    parts = [f"### {part.title}\n\n{table_as_markdown(part.columns, part.rows)}" for part in growth.parts]
    return "\n\n".join([origin_as_markdown(growth.origin), *parts]) + "\n"
