from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_cli.terminal.printable import printable, printable_json


@pytest.mark.parametrize(
    "text",
    ["", "a line", "Grüße, 世界 🎉", "C:\\temp\\new", '{"a": [1, 2]}'],
    ids=["nothing", "plain", "beyond ASCII", "backslashes", "JSON"],
)
def test_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\nb\r\tc", "a\\nb\\r\\tc", id="line ends and tabs"),
        pytest.param("\x1b[2Jgone", "\\x1b[2Jgone", id="escape sequence"),
        pytest.param("\x9b2Jgone", "\\x9b2Jgone", id="escape sequence in one character"),
        pytest.param("\x1b]0;title\x07", "\\x1b]0;title\\x07", id="window title"),
        pytest.param("\x00\x7f", "\\x00\\x7f", id="null and delete"),
        pytest.param("a\u202eb", "a\\u202eb", id="right-to-left override"),
        pytest.param("a\u2028b", "a\\u2028b", id="line separator"),
        pytest.param("\ud800", "\\ud800", id="lone surrogate"),
        pytest.param("ü\x1b", "ü\\x1b", id="only what must be"),
    ],
)
def test_what_could_drive_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_becomes_printable(text: str) -> None:
    assert printable(text).isprintable()


@pytest.mark.parametrize(
    "text", ['{"a": "Grüße 🎉"}\n', "[]", '{\n  "a": 1\n}'], ids=["beyond ASCII", "nothing", "lines"]
)
def test_json_without_anything_unseen_is_left_alone(text: str) -> None:
    assert printable_json(text) == text


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_json_means_the_same_without_a_character_that_drives_a_terminal(text: str) -> None:
    shown = printable_json(json.dumps({text: text}, ensure_ascii=False))
    assert shown.isprintable()
    assert json.loads(shown) == {text: text}
