"""The page of tried packages: which there are, and what is a change."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from bench.compatibility.cases import every_case, read_case
from bench.compatibility.page import PAGE, changed, render
from bench.compatibility.trial import Result

WORKS = Result(version="1.0.0", works=True, token_ms=7)
FAILS = Result(version="", works=False, said="no | `socket`\nmore")


def test_the_page_has_a_row_for_each_case() -> None:
    page = PAGE.read_text()
    cases = every_case()
    assert [case.file.name for case in cases if f"rules/{case.file.name})" not in page] == []
    assert Counter(case.registry for case in cases) >= Counter({"npm": 60, "pypi": 30})


def test_what_does_not_work_is_what_its_rule_says() -> None:
    failing = set(re.findall(r"rules/([^)]+)\) \|.*\| does not work \|", PAGE.read_text()))
    assert failing == {case.file.name for case in every_case() if case.cannot}


def test_a_result_that_is_not_that_of_the_page_is_a_change() -> None:
    first, second = every_case()[:2]
    page = render({first: WORKS, second: FAILS})
    assert changed({first: WORKS, second: FAILS}, page) == []
    assert changed({first: FAILS, second: WORKS}, page) == [
        f"{first.file.name}: the page says that it works, but now it does not work: {FAILS.said}",
        f"{second.file.name}: the page says that it does not work, but now it works: ",
    ]


def test_a_case_says_its_packages_answers_and_claim(tmp_path: Path) -> None:
    file = tmp_path / "one.js"
    file.write_text(
        "// npm: @scope/one@^1 two\n// kind: HTTP\n// answers: {}\n// answers /a: {\n//   }\n// gives: [1]\nmore();\n"
    )
    case = read_case(file)
    assert (case.packages, case.gives, case.language) == ({"@scope/one": "^1", "two": "*"}, [1], "javascript")
    assert [(answer.path, answer.body) for answer in case.answers] == [("/a", "{ }"), ("/", "{}")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("# pypi: one\n# kind: HTTP\n", "one of the lines gives and cannot is needed"),
        ("# pypi: one\n# gives: 1\n", "the line kind is missing"),
        ("# pypi: one\n# kind: HTTP\n# gives: one\n", "gives: not JSON"),
        ("# pypi: one\n# kind: HTTP\n# gives: 1\n# needs: more\n", "needs: nobody reads such a line"),
    ],
)
def test_a_case_that_does_not_say_what_it_has_to_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    file = tmp_path / "one.py"
    file.write_text(lines)
    with pytest.raises(SystemExit, match=said):
        read_case(file)
