"""Puts the last run of ``bench.goals`` into docs/performance.md and README.md, and draws the chart of the page.

``make bench-pages`` measures and then runs it. What stands between ``<!-- figures -->`` and ``<!-- end of figures -->``
is made of ``bench/results/goals.json``, and so is that of each other name in `MADE`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.goals.__main__ import Goals
from bench.goals.aims import AIMS
from bench.peers import python_packages
from bench.rounds import Row
from bench.table import RESULTS, Origin, origin_as_markdown, table_as_markdown
from bench.tokens import CHARTS

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "performance.md", DOCS.parent / "README.md")
CHART = DOCS / "performance.svg"
MARK = re.compile(r"<!-- ([a-z]+) -->\n.*?<!-- end of \1 -->", re.DOTALL)
ALGORITHM = "ES256"
COLUMNS = (
    "subject", "tokens/s on 1 connection", "32", "128", "p99 ms on 32", "CPU µs/token on 32", "128", "got none",
)  # fmt: skip
SHORT_ROWS = ("javascript", "oidc-isolated", "oidc-webhook", "oidc-inline")
SHORT_COLUMNS = ("subject", "tokens/s", "p50 ms", "p99 ms", "CPU µs/token")
SHORT_CONNECTIONS = 32
BEYOND = ("tenants-100", "tenants-1000", "waiting", "neighbour", "idle", "looping")
"""The aims that are about more than one rule against the peers."""


def main() -> int:
    """Write the pages anew; 1 if nothing was measured."""
    path = RESULTS / "goals.json"
    if not path.exists():
        sys.stderr.write(f"{path} is missing: run make bench\n")
        return 1
    goals = msgspec.json.decode(path.read_bytes(), type=Goals)
    for page in PAGES:
        page.write_text(filled(page.read_text(), goals))
    subprocess.run([python_packages.installed() / "python", CHARTS, path, "--page", CHART], check=True)
    return 0


def filled(page: str, goals: Goals) -> str:
    """*page* with what *goals* say between its marks."""

    def made(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- {name} -->\n\n{MADE[name](goals)}\n\n<!-- end of {name} -->" if name in MADE else found[0]

    return MARK.sub(made, page)


def figures(goals: Goals) -> str:
    """A row for each subject."""
    subjects = dict.fromkeys(row.subject for row in goals.rows if row.algorithm == ALGORITHM)
    shown = [cells for subject in subjects if (cells := _of_subject(goals, subject))]
    return f"{origin_as_markdown(goals.origin)}\n\n{table_as_markdown(COLUMNS, shown)}"


def beyond(goals: Goals) -> str:
    """Those lines of what is to be reached that are about more than one rule."""
    rows = [
        (aim.titled(goals.tenants), aim.text(goals.figures[aim.name]), aim.text(aim.goal))
        for aim in AIMS
        if aim.name in BEYOND and aim.name in goals.figures
    ]
    return table_as_markdown(("what", "measured", "goal"), rows)


def short(goals: Goals) -> str:
    """What a reader in a hurry wants to know."""
    rows = [row for name in SHORT_ROWS if (row := _found(goals, name, SHORT_CONNECTIONS))]
    cells = [(row.title, *map(_digits, (row.per_second, row.p50_ms, row.p99_ms, _processor_us(row)))) for row in rows]
    return f"{_where(goals.origin)}:\n\n{table_as_markdown(SHORT_COLUMNS, cells)}"


MADE: dict[str, Callable[[Goals], str]] = {"figures": figures, "beyond": beyond, "short": short}


def _of_subject(goals: Goals, subject: str) -> list[str]:
    """Nothing for one that was not measured on each of the three, as the tenants are."""
    one, some, many = (_found(goals, subject, connections) for connections in (1, SHORT_CONNECTIONS, 128))
    if one is None or some is None or many is None:
        return []
    speeds = [_digits(row.per_second) for row in (one, some, many)]
    costs = [_digits(_processor_us(row)) for row in (some, many)]
    return [some.title, *speeds, _digits(some.p99_ms), *costs, str(one.failed + some.failed + many.failed)]


def _found(goals: Goals, subject: str, connections: int) -> Row | None:
    wanted = (subject, ALGORITHM, connections)
    return next((row for row in goals.rows if (row.subject, row.algorithm, row.connections) == wanted), None)


def _where(made: Origin) -> str:
    machine = f"{made.machine}, shared with the load ({made.load}); {made.python}"
    return f"{SHORT_CONNECTIONS} connections, {ALGORITHM}; {machine}; {made.date[:10]}, commit {made.commit}"


def _processor_us(row: Row) -> float:
    return sum(row.processor_us.values())


def _digits(figure: float) -> str:
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}"


if __name__ == "__main__":
    sys.exit(main())
