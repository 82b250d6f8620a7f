from __future__ import annotations

import pytest

from rulemint_gateway.management.trials.answers import TriedError, answer_of
from rulemint_shared.contract.messages import Ending, Failed, FailureReason
from rulemint_shared.contract.records import Language, RuleVersion

TEXT = RuleVersion(rule_id="try_1", version=1, script="x", language=Language.JAVASCRIPT)


@pytest.mark.parametrize(
    ("detail", "place", "message"),
    [
        pytest.param("r.js:2:8: TypeError: no", ("r.js", 2, 8), "TypeError: no", id="line and column"),
        pytest.param("my-rule.py:3: SystemExit: 3", ("my-rule.py", 3, None), "SystemExit: 3", id="line"),
        pytest.param("r.js: thrown: a text", ("r.js", None, None), "thrown: a text", id="file"),
        pytest.param("r.py:1:9: SyntaxError: no\n  def(", ("r.py", 1, 9), "SyntaxError: no", id="several lines"),
        pytest.param("word: and more", (None, None, None), "word: and more", id="a word that is no file"),
        pytest.param("the rule did not answer in time", (None, None, None), "the rule did not answer in time",
                     id="no place"),
        pytest.param("", (None, None, None), "the rule failed: exception", id="nothing"),
        pytest.param("two words: and more", (None, None, None), "two words: and more", id="a colon later on"),
    ],
)  # fmt: skip
def test_an_error_is_told_apart_into_its_place_and_its_message(
    detail: str, place: tuple[str | None, int | None, int | None], message: str
) -> None:
    ending = Ending(invocation="try_1", outcome=Failed(reason=FailureReason.EXCEPTION, detail=detail))
    error = answer_of(ending, TEXT).error
    assert isinstance(error, TriedError)
    assert (error.file, error.line, error.column) == place
    assert (error.code, error.message, error.detail) == ("exception", message, detail)
