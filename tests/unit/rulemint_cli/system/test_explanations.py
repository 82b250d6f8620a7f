"""`rulemint explain` finds the request of a token, and prints why each claim is there."""

from __future__ import annotations

import jwt
import pytest

from rulemint_cli.system.explanation_report import explanation_rows
from rulemint_cli.system.explanations import named_by
from rulemint_cli.terminal.errors import UsageError
from rulemint_gateway.web.openapi.tape_examples import TAPE_ANSWERS

KEY = "a key of at least thirty-two bytes"


def test_a_token_names_its_request_by_its_jti() -> None:
    assert named_by(jwt.encode({"jti": "exc_1"}, KEY)) == "exc_1"
    assert named_by(" exc_1\n") == "exc_1"


@pytest.mark.parametrize("token", [jwt.encode({"sub": "a"}, KEY), "a.b.c", "a.%%.c", "..", "a.bnVsbA.c"])
def test_a_token_that_names_none_is_refused(token: str) -> None:
    with pytest.raises(UsageError):
        named_by(token)


def test_what_is_printed_says_why_of_all() -> None:
    rows = [row.plain for row in explanation_rows(TAPE_ANSWERS["Explanation"])]
    assert rows[0] == "■ granted"
    assert any('team = "night"' in row and "set it at line 4" in row for row in rows)
    assert any("no claim" in row and "the branch at line 6 was not taken" in row for row in rows)
    assert any("team@2" in row and "answered at line 9" in row for row in rows)
