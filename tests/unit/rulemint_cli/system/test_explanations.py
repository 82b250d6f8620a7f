"""`rulemint explain` prints why each claim is there."""

from __future__ import annotations

from rulemint_cli.system.explanation_report import explanation_rows
from rulemint_gateway.web.openapi.tape_examples import TAPE_ANSWERS


def test_what_is_printed_says_why_of_all() -> None:
    rows = [row.plain for row in explanation_rows(TAPE_ANSWERS["Explanation"])]
    assert rows[0] == "■ granted"
    assert any('team = "night"' in row and "set it at line 4" in row for row in rows)
    assert any("no claim" in row and "the branch at line 6 was not taken" in row for row in rows)
    assert any("team@2" in row and "answered at line 9" in row for row in rows)
