from __future__ import annotations

from typing import Any

import pytest

from rulemint_cli.terminal.output import Output


@pytest.mark.parametrize(
    ("record", "rows"),
    [
        pytest.param({"limits": {"timeout_s": None, "memory_mb": None}}, [], id="no field of an object is set"),
        pytest.param({"limits": {"timeout_s": 2, "memory_mb": None}}, ['limits  {"timeout_s":2}'], id="one is set"),
        pytest.param(
            {"name": "plan", "scope": [], "clients": ["a", "b"]}, ["name     plan", "clients  a, b"], id="lists"
        ),
    ],
)
def test_a_record_is_shown_without_what_nobody_has_set(
    record: dict[str, Any], rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Output(as_json=False).record(record)
    assert capsys.readouterr().out.splitlines() == rows


def test_json_for_programs_drives_no_terminal_either(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).json({"name": "\x9b2J\x7f\u202eü"})
    assert capsys.readouterr().out == '{\n  "name": "\\u009b2J\\u007f\\u202eü"\n}\n'
