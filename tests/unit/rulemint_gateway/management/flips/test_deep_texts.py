"""Texts of a request that are JSON as deep as nobody can read."""

from __future__ import annotations

from rulemint_gateway.management.flips.inputs import parsed

DEEP = "[" * 20_000 + "]" * 20_000


def test_a_text_that_is_json_too_deep_to_read_stays_a_text() -> None:
    assert parsed(DEEP) == DEEP
    assert parsed("[1]") == [1]
