"""Charts of one run of the bench, as PNG beside its JSON. Runs in ``bench/.venv``, where matplotlib is.

``bench/.venv/bin/python bench/charts.py bench/results/tokens.json``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of what draws
from matplotlib.axes import Axes

FIGURES = {"per_second": "tokens per second", "p50_ms": "p50, ms", "p99_ms": "p99, ms", "cpu_us": "CPU µs per token"}
WIDTH = 0.8


def draw(path: Path) -> list[Path]:
    """A picture for each of `FIGURES`, with a panel for each algorithm; their paths."""
    report = json.loads(path.read_text())
    rows: list[dict[str, Any]] = report["rows"]
    for row in rows:
        row["cpu_us"] = sum(row["processor_us"].values())
    algorithms = list(dict.fromkeys(row["algorithm"] for row in rows))
    drawn = []
    for figure, title in FIGURES.items():
        picture, panels = plt.subplots(1, len(algorithms), figsize=(8 * len(algorithms), 5), sharey=True, squeeze=False)
        for panel, algorithm in zip(panels[0], algorithms, strict=True):
            _panel(panel, [row for row in rows if row["algorithm"] == algorithm], figure)
            panel.set_title(f"{algorithm}: {title}")
        if figure != "per_second":
            panels[0][0].set_yscale("log")
        handles, labels = panels[0][0].get_legend_handles_labels()
        picture.legend(handles, labels, loc="lower center", ncols=3, fontsize=8, frameon=False)
        made = report["origin"]
        picture.suptitle(
            f"{made['machine']}; {made['date']}, commit {made['commit']}; load by {made['load']}", fontsize=8
        )
        picture.tight_layout(rect=(0, 0.14, 1, 1))
        drawn.append(path.with_name(f"{path.stem}-{figure}.png"))
        picture.savefig(drawn[-1], dpi=120)
        plt.close(picture)
    return drawn


def _panel(panel: Axes, rows: list[dict[str, Any]], figure: str) -> None:
    """Groups of bars by connections, a bar for each subject."""
    titles = list(dict.fromkeys(row["title"] for row in rows))
    connections = list(dict.fromkeys(row["connections"] for row in rows))
    for place, title in enumerate(titles):
        values = {row["connections"]: row[figure] for row in rows if row["title"] == title}
        left = [group - WIDTH / 2 + (place + 0.5) * WIDTH / len(titles) for group in range(len(connections))]
        panel.bar(left, [values.get(count, 0) for count in connections], WIDTH / len(titles), label=title)
    panel.set_xticks(range(len(connections)), [f"{count} conns" for count in connections])


if __name__ == "__main__":
    for picture_path in draw(Path(sys.argv[1])):
        sys.stdout.write(f"{picture_path}\n")
