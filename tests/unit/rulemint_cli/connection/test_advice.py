"""What the command line advises after a refusal fits what was refused."""

from __future__ import annotations

import re

import pytest

from fixtures.processes import ROOT
from rulemint_cli.connection.advice import advice_on

OF_OTHER_TOOLS = {"inexistent_action", "inexistent_execution", "inexistent_hook", "inexistent_webtask"}
NO_COMMAND = {"inexistent_log", "inexistent_provider"}
"""Codes of records that no command is about."""


def codes_of_the_gateway(pattern: str) -> set[str]:
    texts = (path.read_text() for path in (ROOT / "gateway/rulemint_gateway").rglob("*.py"))
    return {
        code
        for text in texts
        for code in re.findall(rf'code="({pattern})"|"({pattern})"', text)
        for code in code
        if code
    }


def test_what_does_not_exist_is_answered_with_the_command_that_lists_what_does() -> None:
    codes = codes_of_the_gateway("inexistent_[a-z_]+") - OF_OTHER_TOOLS - NO_COMMAND
    assert len(codes) > 8
    for code in sorted(codes):
        assert "rulemint" in advice_on(404, code), code


def test_only_a_name_that_is_taken_is_answered_with_the_list_of_those_that_are() -> None:
    assert advice_on(409, "conflict") == "the list command shows what exists"
    for code in ("nothing_is_missing", "changed_rule", "cut_tape", "rollout_under_way", "a_later_one"):
        assert "list command" not in advice_on(409, code)


@pytest.mark.parametrize("status", [404, 405, 413, 500])
def test_help_is_not_advised_where_the_command_line_was_right(status: int) -> None:
    assert advice_on(status, "") == ""
    assert advice_on(400, "invalid_body") == "--help shows what the command takes"
