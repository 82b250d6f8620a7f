from __future__ import annotations

import pytest

from rulemint_cli.terminal.program import as_called_here, if_local
from rulemint_cli.terminal.standard_error import say

IN_COMPOSE = "docker compose exec gateway rulemint"


def test_a_command_in_a_message_is_one_for_where_its_reader_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RULEMINT_PROGRAM", IN_COMPOSE)
    say("there is no rule x: rulemint rules list shows all")
    assert capsys.readouterr().err == f"rulemint: there is no rule x: {IN_COMPOSE} rules list shows all\n"
    assert if_local("rulemint dev") == ""


def test_what_is_no_command_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULEMINT_PROGRAM", IN_COMPOSE)
    text = "rulemint: see /opt/rulemint and rulemint-gateway, rulemint 1.0"
    assert as_called_here(text) == text


def test_elsewhere_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RULEMINT_PROGRAM", raising=False)
    assert as_called_here("rulemint rules list shows all") == "rulemint rules list shows all"
    assert if_local("rulemint dev") == " (rulemint dev)"
