"""A case joins a file of cases, whose other lines stay as they are, or nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rulemint_cli.cases.reading import read_cases
from rulemint_cli.cases.saving import add_to_file, check_file, file_text
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.format import MAX_CASES

MADE: dict[str, Any] = {
    "case": {
        "name": "new",
        "client": {"id": "r", "name": "R", "metadata": {"plan": "gold"}},
        "body": {"a": "x\ny"},
        "expect": {"claims_include": {"plan": "gold"}, "scope": ["read"]},
    },
    "needs": {"allow_hosts": ["a.example"]},
}
IN_LINES = {
    "no last line break": "cases:\n- name: a\n  expect: {scope: []}",
    "comments and what follows": (
        '# x\ncases:\n  # 1\n  - name: a\n    expect:\n      scope: []  # c\n\n# behind\ndefaults: {ip: "192.0.2.1"}\n'
    ),
    "a block of text at its end": (
        "cases:\n  - expect: {scope: []}\n    name: a\n    body:\n      t: |\n        1\n        two\n# end\nrule: {}\n"
    ),
    "an item in brackets": "cases:\n  - {name: a, expect: {scope: []}}\n",
}


def test_a_file_with_the_line_ends_of_windows_keeps_them(tmp_path: Path) -> None:
    file = tmp_path / "plan.cases.yaml"
    before = b"cases:\r\n  - name: a\r\n    expect: {scope: []}"
    file.write_bytes(before)
    add_to_file(file, MADE)
    now = file.read_bytes()
    assert now.startswith(before + b"\r\n")
    assert now.count(b"\n") == now.count(b"\r\n")
    assert [case.name for case in read_cases(file).content.cases] == ["a", "new"]


def test_a_file_that_no_case_can_go_into_is_refused_before_the_request_is_replayed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--into"):
        check_file(tmp_path / "none" / "plan.cases.yaml")


@pytest.mark.parametrize("text", IN_LINES.values(), ids=IN_LINES)
def test_a_case_comes_last_and_every_line_that_was_there_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.cases.yaml"
    file.write_text(text)
    check_file(file)
    add_to_file(file, MADE)
    assert [case.name for case in read_cases(file).content.cases] == ["a", "new"]
    now = iter(file.read_text().splitlines())
    assert all(line in now for line in text.splitlines()), "all of them, in their order"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cases: [{name: a, expect: {scope: []}}]\n", "put each case on lines of its own"),
        ("{cases: [{name: a, expect: {scope: []}}]}\n", "put each case on lines of its own"),
        ("cases:\n  - name: new\n    expect: {scope: []}\n", "give this one another with --name"),
    ],
    ids=["a list in brackets", "all in brackets", "a case of that name"],
)
def test_where_no_case_can_be_added_nothing_is_written_and_the_error_says_what_to_do(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "plan.cases.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=says):
        add_to_file(file, MADE)
    assert file.read_text() == text


def test_a_full_file_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "plan.cases.yaml"
    check_file(file)
    items = "".join(f"- {{name: n{number}, expect: {{scope: []}}}}\n" for number in range(MAX_CASES))
    file.write_text(f"cases:\n{items}")
    with pytest.raises(UsageError, match="begin another file"):
        check_file(file)


def test_a_new_file_says_what_the_rule_needs(tmp_path: Path) -> None:
    file = tmp_path / "plan.cases.yaml"
    add_to_file(file, MADE)
    assert file.read_text() == file_text(MADE)
    content = read_cases(file).content
    assert content.rule.allow_hosts == ["a.example"]
    assert [case.name for case in content.cases] == ["new"]
