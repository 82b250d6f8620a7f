from __future__ import annotations

import json

import pytest

from rulemint_runner.flow.masks import Mask


def test_the_longest_secret_is_masked_first() -> None:
    assert Mask(["hunter", "hunter2-and-more"])("hunter2-and-more hunter") == "*** ***"


def test_each_line_of_a_secret_is_one() -> None:
    assert Mask(["first line\nsecond line"])("second line") == "***"


def test_a_secret_of_three_characters_masks_nothing() -> None:
    assert Mask(["abc"])("abc") == "abc"


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(json.dumps({"a": 'pa"ss\\wörd'}), id="as JSON"),
        pytest.param(json.dumps({"a": 'pa"ss\\wörd'}, ensure_ascii=False), id="as JSON in Unicode"),
        pytest.param(repr({"a": 'pa"ss\\wörd'}), id="as a Python literal"),
        pytest.param("{ a: 'pa\"ss\\\\wörd' }", id="as console.log shows it"),
    ],
)
def test_a_secret_is_masked_however_a_language_spells_it(shown: str) -> None:
    masked = Mask(['pa"ss\\wörd'])(shown)
    assert "***" in masked
    assert "rd" not in masked
