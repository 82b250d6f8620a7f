from __future__ import annotations

import pytest

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.rules.versions import MAX_COMPARED_LINES, check_is_built, unified_diff
from rulemint_shared.contract.records import Language, RuleVersion


def version(number: int, script: str) -> RuleVersion:
    return RuleVersion(rule_id="r", version=number, script=script, language=Language.JAVASCRIPT)


def test_a_diff_names_the_rule_with_both_versions() -> None:
    assert unified_diff("seed", version(1, "a\nb\n"), version(3, "a\nc\n")) == (
        "--- seed@1\n+++ seed@3\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n \n"
    )


def test_texts_that_are_the_same_have_no_diff_however_long() -> None:
    text = "a\n" * (MAX_COMPARED_LINES + 1)
    assert unified_diff("seed", version(1, text), version(2, text)) == ""


def test_only_a_line_feed_ends_a_line() -> None:
    assert unified_diff("seed", version(1, "a\u2028b"), version(2, "a\u2028c")).count("\n") == 5


def test_a_text_of_too_many_lines_is_named() -> None:
    with pytest.raises(InvalidBodyError, match="Version 2 has more than"):
        unified_diff("seed", version(1, "a"), version(2, "\n" * MAX_COMPARED_LINES))


def test_only_a_text_with_code_is_built() -> None:
    check_is_built(version(1, "x"))
    with pytest.raises(InvalidBodyError, match="must be in the 'built' state"):
        check_is_built(version(1, ""))
