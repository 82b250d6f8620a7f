"""Every command that a message or a page tells its reader to type exists, and has the options that it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
import yaml
from typer.core import TyperGroup

from fixtures.processes import ROOT
from rulemint_cli import __main__ as cli

SOURCES = ("cli/rulemint_cli", "gateway/rulemint_gateway", "rule-runner/rulemint_runner", "shared/rulemint_shared")
PAGES = [each for each in sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))) if each.name != "CHANGELOG.md"]
TREE: Any = typer.main.get_command(cli.app)
NO_ADVICE = {"{__version__}", "{purpose}", "{", "import"}
"""What follows the word where it is a name and no command."""
SUITE = "rulemint test"
"""The name that a report has for a run of cases."""
QUOTED = re.compile(r"(shlex\.)?(quote|_quoted|short)\(")
"""A value that is put into a command so that a shell takes it as one word."""
OUR_WORDS = {"noun.command": "clients", "options": "--allow-host VALUE"}
ARGUMENT = re.compile(r"[A-Z]+")
CODE = re.compile(r"```[\s\S]*?```|`[^`\n]+(?:\n[^`\n]+)?`|^    .*$", re.MULTILINE)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
WITH_VALUE = {"--scale", "--signal", "--tail", "--index", "-v", "--since", "--entrypoint", "-e"}
TAKES_SERVICES = {"up", "exec", "run", "logs", "stop", "start", "restart", "kill", "build", "create"}


class Text(NamedTuple):
    """What somebody reads, and where it stands."""

    place: str
    words: str


def messages() -> Iterator[Text]:
    """The strings of the packages; a value in one stands in braces, or is VALUE where a shell takes it as it is."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "examples.py":  # those of --help have a test of their own
                for line, words in strings(ast.parse(path.read_text())):
                    yield Text(f"{path.relative_to(ROOT)}:{line}", words)


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # a docstring
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(map(spelled, node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | alone:
            yield node.lineno, node.value


def spelled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    value = ast.unparse(part.value)
    return "VALUE" if QUOTED.match(value) else OUR_WORDS.get(value, "{" + re.sub(r"\W", "_", value) + "}")


def code_on_pages() -> Iterator[Text]:
    for page in PAGES:
        for code in CODE.findall(page.read_text()):
            yield Text(str(page.relative_to(ROOT)), code.replace("\\\n", " "))


def commands_in(text: Text) -> Iterator[list[str]]:
    """The words behind each ``rulemint``, up to the end of its line or sentence."""
    for found in re.finditer(r"(?<![\w./@-])rulemint +(?=[a-z{-])([^\n;|`()<>]*)", text.words):
        words = found[1].rstrip("\"'").split()
        ends = [index for index, word in enumerate(words) if word[-1] in ".,:" and word not in {".", ".."}]
        yield words if not ends else [*words[: ends[0]], words[ends[0]].rstrip(".,:")]


def resolved(words: list[str]) -> tuple[Any, list[str]]:
    """The command that *words* begin with, and what follows it."""
    node, rest = TREE, words
    while isinstance(node, TyperGroup) and rest and rest[0] in node.commands:
        node, rest = node.commands[rest[0]], rest[1:]
    if node is TREE.commands["exchanges"]:  # it lists without a further word
        node = node.commands["list"]
    return node, rest


def own_options(node: Any) -> set[str]:
    options = {option for parameter in node.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return options | {"--help", "--install-completion", "--show-completion"}


@pytest.fixture(scope="module")
def said() -> list[Text]:
    return list(messages())


@pytest.fixture(scope="module")
def on_pages() -> list[Text]:
    return list(code_on_pages())


def test_a_command_of_a_message_can_be_pasted(said: list[Text], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    advice = [
        (text, words)
        for text in said
        for words in commands_in(text)
        if words[0] not in NO_ADVICE and text.words != SUITE
    ]
    assert len(advice) > 60
    for text, words in advice:
        check_can_be_pasted(text, words, tmp_path / "file")


def check_can_be_pasted(text: Text, words: list[str], file: Path) -> None:
    """Up to the first word that is neither an option nor stands for a value: the sentence goes on there."""
    node, rest = resolved(words)
    assert node is not TREE or rest[0].startswith("--"), f"{text.place}: there is no rulemint {' '.join(words)}"
    given = list(takewhile(lambda word: word[0] in "-{" or "://" in word or ARGUMENT.fullmatch(word), rest))
    assert not any(word.startswith("{") for word in given), f"{text.place}: a shell may take a value for more: {given}"
    typed = [str(file) if ARGUMENT.fullmatch(word) else word for word in given]
    if isinstance(node, TyperGroup):
        assert typed, f"{text.place}: {' '.join(words)} is no whole command"
        return
    try:
        node.make_context("rulemint", typed, resilient_parsing="--help" in typed)
    except Exception as error:
        raise AssertionError(f"{text.place}: rulemint {' '.join(words)}") from error


def test_a_command_of_a_page_exists_with_its_options(on_pages: list[Text]) -> None:
    shown = [(text, words) for text in on_pages for words in commands_in(text) if words[0] not in NO_ADVICE]
    assert len(shown) > 150
    for text, words in shown:
        check_exists_with_its_options(text, words)


def check_exists_with_its_options(text: Text, words: list[str]) -> None:
    node, rest = resolved(words)
    assert node is not TREE or rest[0].startswith("-"), f"{text.place}: there is no rulemint {' '.join(words)}"
    given = {word.partition("=")[0].strip("[]'\"") for word in rest if word.startswith(("-", "[-"))} - {"-"}
    unknown = {option for option in given if not option.lstrip("-").isdigit()} - own_options(node)
    assert not unknown, f"{text.place}: rulemint {' '.join(words)}"


def test_what_is_said_of_make_exists(said: list[Text], on_pages: list[Text]) -> None:
    for text in (*said, *on_pages):
        for target in re.findall(r"(?:[(`]|^    |<code>)make ([a-z-]+)", text.words, re.MULTILINE):
            assert target in TARGETS, f"{text.place}: make {target}"


def test_what_is_said_of_compose_names_services_that_it_has(said: list[Text], on_pages: list[Text]) -> None:
    for text in (*said, *on_pages):
        for line in re.findall(r"docker compose ([^\n;|`()<>&]*)", text.words):
            services = services_of(line.replace('"', "").split(" #")[0].split())
            assert services <= COMPOSE["services"].keys() | {"…", "\\"}, f"{text.place}: docker compose {line}"


def services_of(words: list[str]) -> set[str]:
    """The services that a command of Compose names: all words of some, the first of others."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in {"--profile", "-f", "--file"} else words[1:]
    if not words or words[0] not in TAKES_SERVICES:
        return set()
    plain, skip = [], False
    for word in words[1:]:
        if not skip and not word.startswith("-"):
            plain.append(word)
        skip = word in WITH_VALUE
    return set(plain[:1] if words[0] in {"exec", "run"} else plain)
