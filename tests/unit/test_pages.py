"""Every page can be found from the index, which the side bar of the site is made from."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def linked_from_the_index() -> set[Path]:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", (DOCS / "index.md").read_text())
    return {(DOCS / target).resolve() for target in targets}


def test_each_page_stands_in_the_index() -> None:
    pages = {*ROOT.glob("*.md"), *DOCS.rglob("*.md")}
    decisions = {page for page in pages if page.parent.name == "decisions" and page.name != "README.md"}
    assert pages - decisions - linked_from_the_index() == {DOCS / "index.md"}


def test_each_link_of_a_page_leads_to_something_that_is_there() -> None:
    missing = []
    for page in {*ROOT.glob("*.md"), *DOCS.rglob("*.md")}:
        text = re.sub(r"```.*?```|`[^`\n]+`(?!\])", "", page.read_text(), flags=re.DOTALL)
        targets = re.findall(r"\]\(([^)#\s]+)[^)\s]*\)", text)
        missing += [(page.name, each) for each in targets if ":" not in each and not (page.parent / each).exists()]
    assert missing == []


def test_the_index_has_the_three_kinds_of_page_and_names_no_page_that_is_not_there() -> None:
    assert re.findall(r"^## (.+)$", (DOCS / "index.md").read_text(), re.MULTILINE) == ["Start", "How to", "Reference"]
    assert [page for page in linked_from_the_index() if not page.is_file()] == []
