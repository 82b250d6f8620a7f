"""The report of ``rulemint doctor``."""

from __future__ import annotations

import pytest

from rulemint_cli.doctor.finding import Finding, State, show
from rulemint_cli.terminal.output import Output


def test_what_a_server_said_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show(Output(as_json=False), [Finding("time", State.WARNING, "no date: \x1b[2J", "look at \x9b2J")])
    shown = capsys.readouterr().out
    assert "no date: \\x1b[2J" in shown
    assert "look at \\x9b2J" in shown
