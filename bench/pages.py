"""Puts the tables of the last runs into docs/performance.md: ``python -m bench.pages``, after ``make bench``.

Between ``<!-- tokens -->`` and ``<!-- end of tokens -->`` stands ``bench/results/tokens.md``, and so on for each name.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bench.table import RESULTS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MARK = re.compile(r"<!-- ([a-z]+) -->\n.*?<!-- end of \1 -->", re.DOTALL)


def main() -> int:
    """Write the page anew; a name without results keeps what it has."""
    PAGE.write_text(MARK.sub(_filled, PAGE.read_text()))
    return 0


def _filled(found: re.Match[str]) -> str:
    name = found[1]
    path = RESULTS / f"{name}.md"
    if not path.exists():
        sys.stderr.write(f"{path} is missing: the page keeps its {name}\n")
        return found[0]
    return f"<!-- {name} -->\n\n{path.read_text()}\n<!-- end of {name} -->"


if __name__ == "__main__":
    sys.exit(main())
