from __future__ import annotations

import pytest

from rulemint_cli.local.merged_log import Console


def test_a_line_has_the_name_of_who_said_it_and_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Console().line("runner", "first\n\x1b[2Jsecond")
    assert capsys.readouterr().out == "runner   │ first\\n\\x1b[2Jsecond\n"


def test_our_own_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Console().text("one\ntwo")
    assert capsys.readouterr().out == "one\ntwo\n"
