"""Charts of one run of the bench, as PNG beside its JSON. Runs in ``bench/.venv``, where matplotlib is.

``bench/.venv/bin/python bench/charts.py bench/results/tokens.json``; with ``--page docs/performance.svg`` only the one
that a page shows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of what draws
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Rows = list[dict[str, Any]]
FIGURES = {"per_second": "tokens per second", "p50_ms": "p50, ms", "p99_ms": "p99, ms"}
PROCESSOR = "CPU µs per token, by process"
KINDS = {
    "gateway": "#1f6fb4", "runner": "#e07b16", "hosts": "#2f9e44", "valkey": "#c92a2a", "broker": "#845ef7",
    "server": "#868e96", "hook": "#74b816", "worker": "#fab005",
}  # fmt: skip
"""Kind of process → its colour, in the order in which they are stacked. Every other kind is `OTHER`."""
OTHER, OTHER_COLOUR = "other", "#ced4da"
WIDTH = 0.8
PAGE_ALGORITHM, PAGE_CONNECTIONS = "ES256", (32, 128)


def draw_all(path: Path) -> list[Path]:
    """A picture for each of `FIGURES` and one of processor time; their paths."""
    report = json.loads(path.read_text())
    rows: Rows = report["rows"]
    algorithms = list(dict.fromkeys(row["algorithm"] for row in rows))
    drawn = []
    for figure, title in FIGURES.items():
        picture, panels = plt.subplots(1, len(algorithms), figsize=(8 * len(algorithms), 5), sharey=True, squeeze=False)
        for panel, algorithm in zip(panels[0], algorithms, strict=True):
            _grouped(panel, [row for row in rows if row["algorithm"] == algorithm], figure)
            panel.set_title(f"{algorithm}: {title}")
        if figure != "per_second":
            panels[0][0].set_yscale("log")
        _legend(picture, panels[0][0])
        drawn.append(_save(picture, report, path.with_name(f"{path.stem}-{figure}.png")))
    columns = [
        (algorithm, count)
        for algorithm in algorithms
        for count in dict.fromkeys(row["connections"] for row in rows if row["algorithm"] == algorithm)
    ]
    drawn.append(_draw_processor(report, columns, path.with_name(f"{path.stem}-cpu_us.png")))
    return drawn


def draw_page(path: Path, into: Path) -> Path:
    """Processor time on some numbers of connections, for a page."""
    report = json.loads(path.read_text())
    plt.rcParams.update({"svg.hashsalt": "rulemint", "svg.fonttype": "none"})  # the same run gives the same file
    columns = [(PAGE_ALGORITHM, count) for count in PAGE_CONNECTIONS]
    measured = {title: {_column_of(row) for row in rows} for title, rows in _by_title(report["rows"]).items()}
    on_all = {title for title, its in measured.items() if its.issuperset(columns)}  # tenants are on one number alone
    shown = {**report, "rows": [row for row in report["rows"] if row["title"] in on_all]}
    return _draw_processor(shown, columns, into)


def _column_of(row: dict[str, Any]) -> tuple[str, int]:
    return row["algorithm"], row["connections"]


def _by_title(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row["title"], []).append(row)
    return found


def _draw_processor(report: dict[str, Any], columns: Sequence[tuple[str, int]], into: Path) -> Path:
    """Processor time by process, stacked: a panel for each of *columns*, a bar for each subject."""
    titles = list(_by_title(report["rows"]))
    picture, panels = plt.subplots(
        1, len(columns), figsize=(3 + 4.5 * len(columns), 1.6 + 0.4 * len(titles)), sharey=True, squeeze=False
    )
    for panel, column in zip(panels[0], columns, strict=True):
        algorithm, count = column
        its = (row for row in report["rows"] if _column_of(row) == column)
        rows = {row["title"]: row for row in its if sum(row["processor_us"].values())}
        _stacked(panel, titles, rows)
        panel.set_title(f"{algorithm}, {count} connection{'s' if count > 1 else ''}: {PROCESSOR}", fontsize=9)
    panels[0][0].invert_yaxis()  # all panels share it
    _legend(picture, panels[0][0])
    return _save(picture, report, into)


def _stacked(panel: Axes, titles: Sequence[str], rows: dict[str, dict[str, Any]]) -> None:
    """One bar for each of *titles*, downwards; its parts are kinds of process."""
    totals = {title: sum(row["processor_us"].values()) for title, row in rows.items()}
    places = range(len(titles))
    lefts = [0.0] * len(titles)
    for kind, colour in (*KINDS.items(), (OTHER, OTHER_COLOUR)):
        parts = [_of_kind(rows[title]["processor_us"], kind) if title in rows else 0.0 for title in titles]
        panel.barh(places, parts, WIDTH, lefts, label=kind, color=colour)
        lefts = [left + part for left, part in zip(lefts, parts, strict=True)]
    shown = _shown_until(sorted(totals.values()))
    for place, title in enumerate(titles):
        total = totals.get(title)
        text = f" {total:.0f} " if total else " not measured"
        if lefts[place] < 0.9 * shown:
            panel.text(lefts[place], place, text, va="center", fontsize=8)
        else:
            panel.text(shown, place, text, va="center", ha="right", fontsize=8, color="white")
    panel.set_xlim(0, shown)
    panel.set_yticks(places, titles, fontsize=8)


def _shown_until(totals: Sequence[float]) -> float:
    """The longest bar, unless it is so far beyond the median that the others could not be told apart."""
    if not totals:
        return 1.0
    return min(totals[-1], 4 * totals[len(totals) // 2]) * 1.2


def _of_kind(processor_us: dict[str, float], kind: str) -> float:
    if kind == OTHER:
        return sum(us for name, us in processor_us.items() if name not in KINDS)
    return processor_us.get(kind, 0.0)


def _grouped(panel: Axes, rows: Rows, figure: str) -> None:
    """Groups of bars by connections, a bar for each subject."""
    titles = list(dict.fromkeys(row["title"] for row in rows))
    connections = list(dict.fromkeys(row["connections"] for row in rows))
    for place, title in enumerate(titles):
        values = {row["connections"]: row[figure] for row in rows if row["title"] == title}
        left = [group - WIDTH / 2 + (place + 0.5) * WIDTH / len(titles) for group in range(len(connections))]
        panel.bar(left, [values.get(count, 0) for count in connections], WIDTH / len(titles), label=title)
    panel.set_xticks(range(len(connections)), [f"{count} conns" for count in connections])


def _legend(picture: Figure, panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    picture.legend(handles, labels, loc="lower center", ncols=5, fontsize=8, frameon=False)


def _save(picture: Figure, report: dict[str, Any], path: Path) -> Path:
    made = report["origin"]
    picture.suptitle(f"{made['machine']}; {made['date']}, commit {made['commit']}; load by {made['load']}", fontsize=8)
    picture.tight_layout(rect=(0, 0.1, 1, 1))
    metadata = {"Date": None} if path.suffix == ".svg" else None
    picture.savefig(path, dpi=120, metadata=metadata)
    plt.close(picture)
    return path


def main() -> None:
    """Draw, and print where."""
    parser = argparse.ArgumentParser(prog="bench/charts.py", description=__doc__)
    parser.add_argument("report", type=Path, help="the JSON of a run")
    parser.add_argument("--page", type=Path, help="draw only the chart of a page, there")
    arguments = parser.parse_args()
    drawn = [draw_page(arguments.report, arguments.page)] if arguments.page else draw_all(arguments.report)
    sys.stdout.write("".join(f"{path}\n" for path in drawn))


if __name__ == "__main__":
    main()
