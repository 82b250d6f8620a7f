"""Puts the last runs into docs/performance.md and README.md: ``python -m bench.pages``, after ``make bench``.

Between ``<!-- tokens -->`` and ``<!-- end of tokens -->`` stands ``bench/results/tokens.md``, and so on for each name;
between those of ``short``, in README.md, a few rows of the same run.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

from bench.rounds import Row
from bench.table import RESULTS, Report, table_as_markdown

HERE = Path(__file__).parents[1]
PAGES = (HERE / "docs" / "performance.md", HERE / "README.md")
MARK = re.compile(r"<!-- ([a-z]+) -->\n.*?<!-- end of \1 -->", re.DOTALL)
SHORT = "short"
SHORT_ROWS = ("no-rule", "javascript", "python", "oidc-inline", "oidc-thread", "authlib", "arq")
SHORT_ALGORITHM, SHORT_CONNECTIONS = "ES256", 32
SHORT_COLUMNS = ("subject", "tokens/s", "p50 ms", "p99 ms", "CPU µs/token")


def main() -> int:
    """Write the pages anew; a name without results keeps what it has."""
    for page in PAGES:
        page.write_text(MARK.sub(_filled, page.read_text()))
    return 0


def _filled(found: re.Match[str]) -> str:
    name = found[1]
    path = RESULTS / ("tokens.json" if name == SHORT else f"{name}.md")
    if not path.exists():
        sys.stderr.write(f"{path} is missing: the page keeps its {name}\n")
        return found[0]
    text = short(msgspec.json.decode(path.read_bytes(), type=Report)) if name == SHORT else path.read_text()
    return f"<!-- {name} -->\n\n{text}\n<!-- end of {name} -->"


def short(report: Report) -> str:
    """What a reader in a hurry wants to know."""
    rows = [_cells(row) for name in SHORT_ROWS for row in report.rows if _is_shown(row, name)]
    made = report.origin
    where = f"{made.machine}, shared with the load ({made.load}); {made.date[:10]}, commit {made.commit}"
    what = f"{SHORT_CONNECTIONS} connections, {SHORT_ALGORITHM}"
    return f"{what}; {where}; `{made.command}`:\n\n{table_as_markdown(SHORT_COLUMNS, rows)}\n"


def _is_shown(row: Row, name: str) -> bool:
    return (row.subject, row.algorithm, row.connections) == (name, SHORT_ALGORITHM, SHORT_CONNECTIONS)


def _cells(row: Row) -> tuple[str, ...]:
    figures = (row.per_second, row.p50_ms, row.p99_ms, sum(row.processor_us.values()))
    return row.title, *(f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}" for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
