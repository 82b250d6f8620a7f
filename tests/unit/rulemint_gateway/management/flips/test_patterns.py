"""A pattern of a rule is not run: what it may find is made of its text."""

from __future__ import annotations

import re

import pytest

from rulemint_gateway.management.flips.patterns import example_of


@pytest.mark.parametrize(
    "pattern",
    [r"^gold-\d{2}$", "^(eu|us)-", r"^[a-f]{3}\.example$", "a.c", r"^\w+@example\.com$", r"(?:x|y)z+", "^v[0-9]+$"],
)
def test_a_text_is_made_that_the_pattern_finds(pattern: str) -> None:
    assert any(re.search(pattern, text) for text in example_of(pattern))


@pytest.mark.parametrize("pattern", ["plain", "", "x" * 300 + "+", "(a+)+$" * 60])
def test_a_plain_or_a_long_one_makes_nothing(pattern: str) -> None:
    assert list(example_of(pattern)) == []
