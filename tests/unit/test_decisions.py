from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/decisions"
HEADINGS = ["Context", "Decision", "Refused", "What would change our mind"]
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:3]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_each_decision_has_its_four_parts() -> None:
    parts = {path.name: re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE) for path in RECORDS}
    assert parts == dict.fromkeys(parts, HEADINGS)


def test_the_index_has_each_decision_once_by_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    titles = [(path.read_text().partition("\n")[0].removeprefix("# "), path.name) for path in RECORDS]
    assert sorted(listed) == sorted(titles)
