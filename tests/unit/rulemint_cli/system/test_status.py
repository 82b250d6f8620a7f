from __future__ import annotations

from typing import Any

import pytest

from rulemint_cli.system.status import show_status
from rulemint_cli.terminal.output import Output

STATUS: dict[str, Any] = {"gateways": ["gateway_1"], "runners": [], "queue_depth": 0}


@pytest.mark.parametrize(
    ("seconds", "said"), [(60.04, "60.0 s ahead of Valkey"), (-2.5, "2.5 s behind Valkey")], ids=["ahead", "behind"]
)
def test_a_wrong_clock_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str], seconds: float, said: str) -> None:
    wrong = [{"name": "server7:runner_1", "seconds_ahead": seconds}]
    show_status(Output(as_json=False), {**STATUS, "wrong_clocks": wrong})
    assert f"WRONG: server7:runner_1 is {said}: correct its clock" in capsys.readouterr().out.splitlines()


def test_the_name_of_a_runner_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [{"name": "\x1b[2J", "seconds_ahead": 9.0}]
    show_status(Output(as_json=False), {**STATUS, "wrong_clocks": wrong})
    assert "\x1b" not in capsys.readouterr().out


def test_what_is_wrong_comes_first_and_the_worst_before_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [{"name": "runner_1", "seconds_ahead": 9.0}]
    show_status(Output(as_json=False), {**STATUS, "wrong_clocks": wrong})
    first, second, third = capsys.readouterr().out.splitlines()[:3]
    assert first.startswith("WRONG: no runner is alive")
    assert second.startswith("WRONG: runner_1 is 9.0 s ahead")
    assert third.startswith("gateways")


def test_clocks_that_are_right_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    show_status(Output(as_json=False), {**STATUS, "wrong_clocks": []})
    assert "clock" not in capsys.readouterr().out
