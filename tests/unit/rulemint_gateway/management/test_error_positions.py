from __future__ import annotations

import pytest

from rulemint_gateway.management.error_positions import Position, position_in


@pytest.mark.parametrize(
    ("detail", "position"),
    [
        pytest.param(
            "my-rule.py:3:7: KeyError: 'a'\n  more",
            Position(message="KeyError: 'a'", file="my-rule.py", line=3, column=7),
            id="line and column",
        ),
        pytest.param("a.b.js:3: Error: x", Position(message="Error: x", file="a.b.js", line=3), id="a line only"),
        pytest.param("rule.ts: no function", Position(message="no function", file="rule.ts"), id="a file only"),
        pytest.param("no runner\nis there", Position(message="no runner"), id="none of a rule"),
        pytest.param("", Position(message=""), id="nothing"),
    ],
)
def test_the_place_of_an_error_is_read_from_its_first_line(detail: str, position: Position) -> None:
    assert position_in(detail) == position
