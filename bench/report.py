"""What was measured, as a table and bars for the terminal, as JSON, and as Markdown for docs/performance.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.rounds import Row

RESULTS = Path(__file__).parent / "results"
BAR = 40
COLUMNS = ("subject", "alg", "conns", "tokens/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs/token", "of which", "MiB")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the bench."""

    command: str
    date: str
    commit: str
    machine: str
    load: str
    rows: list[Row]


def made_now(rows: list[Row], *, command: str, load: str) -> Report:
    """A report of this run on this machine."""
    return Report(
        command=command,
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        commit=_commit(),
        machine=f"{_processor()}, {len(os.sched_getaffinity(0))} processors, {platform.release()}",
        load=load,
        rows=rows,
    )


def write(report: Report, name: str) -> Path:
    """``bench/results/<name>.json`` and ``….md``; the path of the first."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    path.with_suffix(".md").write_text(as_markdown(report))
    return path


def show(report: Report, console: Console) -> None:
    """The table, and tokens per second as bars."""
    table = Table(*COLUMNS, title=f"{report.machine}; load by {report.load}")
    for column in table.columns[2:]:
        column.justify = "right"
    for row in report.rows:
        table.add_row(*_cells(row))
    console.print(table)
    most = max((row.per_second for row in report.rows), default=1.0) or 1.0
    width = max((len(_name(row)) for row in report.rows), default=0)
    for row in report.rows:
        bar = "█" * max(1, round(BAR * row.per_second / most))
        console.print(f"{_name(row):<{width}} {bar} {row.per_second:.0f}", highlight=False)


def as_markdown(report: Report) -> str:
    """The table with what it was measured on."""
    lines = [
        f"{report.date}, commit {report.commit}, {report.machine}; load by {report.load}:",
        "",
        f"    {report.command}",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|---|---|{'---:|' * (len(COLUMNS) - 2)}",
        *(f"| {' | '.join(_cells(row))} |" for row in report.rows),
    ]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> Sequence[str]:
    parts = ", ".join(f"{kind} {us:.0f}" for kind, us in row.processor_us.items() if us >= 1)
    return (
        row.title,
        row.algorithm,
        str(row.connections),
        f"{row.per_second:.0f}" + (f" ({row.failed} failed)" if row.failed else ""),
        f"{row.p50_ms:.2f}",
        f"{row.p95_ms:.2f}",
        f"{row.p99_ms:.2f}",
        f"{sum(row.processor_us.values()):.0f}",
        parts,
        f"{sum(row.unique_mib.values()):.0f}",
    )


def _name(row: Row) -> str:
    return f"{row.title}, {row.algorithm}, {row.connections}"


def _commit() -> str:
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    names = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return next(names, "?: unknown").partition(": ")[2]
