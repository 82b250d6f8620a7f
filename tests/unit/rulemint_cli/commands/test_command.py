from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.standard_error import say

app = typer.Typer()


@dataclass(frozen=True)
class Group:
    """Options that several commands have."""

    colour: Annotated[str, typer.Option(help="Which.")] = "red"


@command(app, reaches=False)
async def paint(call: Call, thing: str, group: Group) -> None:
    """Paint a thing."""
    call.output.done({"thing": thing, "colour": group.colour}, f"{thing} is {group.colour}")


@command(app, reaches=False)
def fail(_call: Call, *, wrongly: bool = False) -> None:
    """Fail."""
    raise UsageError("used wrongly") if wrongly else CommandError("failed")


@command(app, reaches=False)
def interrupt(_call: Call) -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


@command(app, "watch", reaches=False, watches=True)
def watch(_call: Call) -> None:
    """Be interrupted, as one is meant to be."""
    raise KeyboardInterrupt


@command(app, reaches=False)
def bind(
    call: Call,
    client: Annotated[list[str] | None, typer.Option()] = None,
    audience: Annotated[str | None, typer.Option()] = None,
    description: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Bind."""
    call.output.done({}, f"{client} {audience} {description}")


@command(app, reaches=False)
def ask(call: Call, about: Annotated[str, typer.Option()] = "Really?", *, yes: YesOption = False) -> None:
    """Ask."""
    call.confirm(about, yes=yes)
    call.output.done({}, "done")


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments, input=stdin)
    return result.exit_code, result.stdout, result.stderr


def test_a_group_of_options_and_the_shared_ones_are_options_of_the_command() -> None:
    assert run("paint", "it", "--colour", "blue") == (0, "it is blue\n", "")
    code, out, _ = run("paint", "it", "--json")
    assert (code, json.loads(out)) == (0, {"thing": "it", "colour": "red"})
    assert "Paint a thing." in run("paint", "--help")[1]


def test_errors_are_one_sentence_and_their_exit_code() -> None:
    assert run("fail") == (1, "", "rulemint: failed\n")
    assert run("fail", "--wrongly") == (2, "", "rulemint: used wrongly\n")


@pytest.mark.parametrize(
    "arguments", [["--client", ""], ["--client", "a", "--client", ""], ["--audience", ""]], ids=["one", "two", "text"]
)
def test_an_option_of_an_unset_variable_does_not_count_as_left_out(arguments: list[str]) -> None:
    """``rulemint token --client "$CLIENT"`` would otherwise ask as the administrator."""
    code, out, err = run("bind", *arguments)
    assert (code, out) == (2, "")
    assert err == f"rulemint: {arguments[0]} is empty: give it a value, or leave it out\n"


def test_an_empty_argument_is_named_as_the_help_names_it() -> None:
    assert run("paint", "") == (2, "", "rulemint: THING is empty: give it a value\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["paint", "a\udcff"], "THING"), (["bind", "--client", "a", "--client", "\udcff"], "--client")],
)
def test_bytes_that_are_not_utf_8_are_refused_before_anything_is_sent(arguments: list[str], named: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err == f"rulemint: {named} is not UTF-8: write it in a terminal that speaks UTF-8\n"


def test_a_description_may_be_taken_away_by_an_empty_one() -> None:
    assert run("bind", "--description", "")[0] == 0


def test_ctrl_c_is_said_by_the_exit_code_alone_and_is_how_a_watcher_ends() -> None:
    assert run("interrupt") == (130, "", "")
    assert run("watch") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "out"),
    [
        pytest.param([], "y\n", 0, "done\n", id="yes"),
        pytest.param([], "YES\n", 0, "done\n", id="yes in full"),
        pytest.param([], "\n", 1, "", id="an empty line"),
        pytest.param([], "", 1, "", id="nobody there"),
        pytest.param(["--yes"], "", 0, "done\n", id="not asked"),
    ],
)
def test_only_a_yes_is_a_yes_and_the_question_is_no_output(
    arguments: list[str], stdin: str, code: int, out: str
) -> None:
    ended = run("ask", *arguments, stdin=stdin)
    assert ended[:2] == (code, out)
    assert ("Really? [y/N]: " in ended[2]) is (arguments == [])


def test_what_a_system_says_in_an_error_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("refused: \x1b[2J\x07\nsee above")
    assert capsys.readouterr().err == "rulemint: refused: \\x1b[2J\\x07\nsee above\n"


def test_a_question_cannot_be_forged_by_a_text_in_it() -> None:
    _, _, err = run("ask", "--about", "Run “x\x1b[2K\rDelete nothing?\n”?", stdin="n\n")
    assert err.startswith("Run “x\\x1b[2K\\rDelete nothing?\\n”? [y/N]: ")
