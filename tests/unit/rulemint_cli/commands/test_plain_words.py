from __future__ import annotations

import re
import shlex

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from rulemint_cli import __main__ as cli
from rulemint_cli.commands.examples import EXAMPLES

LIBRARY_WORDS = re.compile(r"<\w|list\[|\{\w|x>=|<=x|Value error|Input should")


@pytest.mark.parametrize("words", EXAMPLES)
@pytest.mark.parametrize("columns", ["80", "100"])
def test_help_is_in_plain_words_and_not_cut(words: str, columns: str) -> None:
    shown = CliRunner().invoke(cli.app, [*words.split(), "--help"], terminal_width=int(columns)).output
    usage_and_options = shown.partition("Examples:")[0]
    assert not LIBRARY_WORDS.search(usage_and_options)
    assert "......" not in usage_and_options
    assert max(map(len, shown.splitlines())) <= int(columns)
    typed = shown.partition("Examples:\n")[2].partition("\n\n")[0].replace("\\\n", "")
    assert [shlex.split(line)[1:] for line in typed.splitlines()] == [shlex.split(each) for each in EXAMPLES[words]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("logs", "--level", "trace"), "'--level': 'trace' is not one of 'debug', 'info', 'warn', 'error'"),
        (("rules", "update", "plan", "--order", "first"), "'--order': a number is needed"),
        (("logs", "--tail", "5000"), "'--tail': 1000 is the most"),
        (("rules", "rollback", "plan", "--to", "0"), "'--to': 1 is the least"),
        (("rules", "deploy", "none.js"), "'FILE': file 'none.js' does not exist"),
        (("rules", "deploy"), "Missing argument 'FILE'"),
        (("logs", "--outcome", "grantd"), "--outcome grantd: there are granted, denied, failed, and such as"),
        (("logs", "--outcome", "refused"), "--outcome refused: there are granted, denied, failed, and such as"),
        (("exchanges", "--outcome", "grantd"), "--outcome grantd: there are granted, denied, failed, refused"),
        (("login", "--url", "http://localhost:1/"), "Client ID: give it with --client-id"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_told_in_plain_words(arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert not LIBRARY_WORDS.search(done.output)


def test_every_command_has_its_usage_without_braces() -> None:
    root = typer.main.get_command(cli.app)
    assert isinstance(root, TyperGroup)
    assert (
        "Usage: rulemint rules deploy [OPTIONS] FILE\n"
        in CliRunner().invoke(cli.app, ["rules", "deploy", "--help"], prog_name="rulemint").output
    )
