"""What was measured: as a table and bars for the terminal, as JSON, and as Markdown for docs/performance.md."""

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

from bench.rounds import Row, Turn

RESULTS = Path(__file__).parent / "results"
BAR = 40
WIDTH = 220
"""Of a table where no terminal says."""
WIDE = 180
PEER = "oidc-inline"
COLUMNS = (
    "subject", "alg", "conns", "tokens/s", "of oidc", "p50 ms", "p95 ms", "p99 ms", "CPU µs/token", "of which",
    "MiB, unique", "of which", "got none",
)  # fmt: skip
KINDS = "of which"
LEFT = {"subject", "alg", "case", "way", "what", KINDS}


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where figures come from."""

    command: str
    date: str
    commit: str
    machine: str
    load: str
    python: str = ""
    """What our services run on."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the bench."""

    origin: Origin
    rows: list[Row]
    turns: list[Turn]


def origin(*, command: str, load: str) -> Origin:
    """Of figures that are made now, on this machine."""
    return Origin(
        command=command,
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        commit=_commit(),
        machine=f"{_processor()}, {len(os.sched_getaffinity(0))} processors, {_memory_gib()} GiB, {platform.release()}",
        load=load,
        python=f"Python {platform.python_version()}, {platform.python_compiler()}",
    )


def write(report: msgspec.Struct, path: Path, markdown: str) -> None:
    """As JSON at *path*, and as Markdown beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    path.with_suffix(".md").write_text(markdown)


def show(report: Report, console: Console) -> None:
    """The table, and tokens per second as bars; on a narrow terminal without what goes by kinds of process."""
    table = Table(title=f"{report.origin.machine}; load by {report.origin.load}")
    shown = [place for place, name in enumerate(COLUMNS) if console.width >= WIDE or name != KINDS]
    for place in shown:
        table.add_column(COLUMNS[place], justify="left" if COLUMNS[place] in LEFT else "right")
    connections = None
    for row in report.rows:
        if row.connections != connections and connections is not None:
            table.add_section()
        connections = row.connections
        cells = _cells(row, report.rows)
        table.add_row(*(cells[place] for place in shown))
    console.print(table)
    _show_bars([(f"{row.title}, {row.algorithm}, {row.connections}", row.per_second) for row in report.rows], console)


def _show_bars(named: Sequence[tuple[str, float]], console: Console) -> None:
    most = max((value for _name, value in named), default=0.0) or 1.0
    width = max((len(name) for name, _value in named), default=0)
    for name, value in named:
        bar = "█" * max(1, round(BAR * value / most))
        console.print(f"{name:<{width}} {bar} {value:.0f}", highlight=False)


def as_markdown(report: Report) -> str:
    """The table with what it was measured on."""
    rows = [_cells(row, report.rows) for row in report.rows]
    return f"{origin_as_markdown(report.origin)}\n\n{table_as_markdown(COLUMNS, rows)}\n"


def origin_as_markdown(made: Origin) -> str:
    """What has to stand beside a figure."""
    return (
        f"{made.date}, commit {made.commit}, {made.machine}, {made.python}; load by {made.load}:\n\n    {made.command}"
    )


def table_as_markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; figures to the right."""
    marks = ["---" if name in LEFT else "---:" for name in columns]
    lines = [columns, marks, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row, rows: Sequence[Row]) -> Sequence[str]:
    place = (PEER, row.algorithm, row.connections)
    peer = next((each.per_second for each in rows if (each.subject, each.algorithm, each.connections) == place), 0.0)
    return (
        row.title,
        row.algorithm,
        str(row.connections),
        f"{row.per_second:.0f}",
        f"{row.per_second / peer:.2f}" if peer else "",
        f"{row.p50_ms:.2f}",
        f"{row.p95_ms:.2f}",
        f"{row.p99_ms:.2f}",
        f"{sum(row.processor_us.values()):.0f}",
        ", ".join(f"{kind} {us:.0f}" for kind, us in row.processor_us.items() if us >= 1),
        f"{sum(row.unique_mib.values()):.0f}",
        ", ".join(_memory(row, kind) for kind in sorted(row.unique_mib)),
        str(row.failed),
    )


def _memory(row: Row, kind: str) -> str:
    """Of all its processes; how many, if there are several."""
    count = row.processes.get(kind, 1)
    return f"{kind} {row.unique_mib[kind]:.0f}" + (f" in {count}" if count > 1 else "")


def _commit() -> str:
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    names = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return next(names, "?: unknown processor").partition(": ")[2]


def _memory_gib() -> int:
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
