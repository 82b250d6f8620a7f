"""Say what a parameter takes, and what is wrong with its value, in plain words and not in those of a library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_KINDS = {"int": "NUMBER", "float": "NUMBER", "file": "FILE", "dir": "FOLDER", "path": "PATH", "Path": "PATH"}
_BY_NAME = {"profile": "NAME", "url": "URL", "admin_file": "FILE"}
_ERRORS = (
    (re.compile(r"Value error, (.*)"), r"\1"),
    (re.compile(r"Input should be a valid (?:integer|number).*"), "a number is needed"),
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"\1 is the least"),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"\1 is the most"),
)
_RANGE = ((re.compile(r"(\d+)<=x<=(\d+)"), r"\1 to \2"), (re.compile(r"x>=(\d+)"), r"at least \1"))


def name_values(parameters: Iterable[Any], ctx: Any = None) -> None:
    """Give each of *parameters*, as typer has them, a word in capitals for its value, unless it has one."""
    for each in parameters:
        if each.metavar is None and not getattr(each, "is_flag", False):
            is_argument = each.param_type_name == "argument"
            each.metavar = (
                each.name.upper() if is_argument else _BY_NAME.get(each.name) or _kind(each.display_type(ctx))
            )


def rows_of(parameters: Iterable[Any], ctx: Any) -> Iterator[tuple[str, str]]:
    """Yield a row of ``--help`` for each of *parameters*: what is typed, and what it means."""
    for each in parameters:
        if (row := each.get_help_record(ctx)) is not None:
            typed, meaning = row
            yield typed.partition(" <")[0], _replaced(meaning, _RANGE)


def usage_piece(piece: str) -> str:
    """Return a piece of the line of usage without the braces that typer puts around an argument."""
    return re.sub(r"^\{(.*?)(\.\.\.)?\}(\.\.\.)?\Z", lambda found: found[1] + (found[2] or found[3] or ""), piece)


def plain(message: str) -> str:
    """Return what is wrong with a value, without the words of the library that found it."""
    return _replaced(message, _ERRORS)


def _kind(shown: str) -> str:
    """Return the word for a type that typer shows as *shown*, such as ``<list[str]>``; choices stay as they are."""
    name = shown.strip("<>").removesuffix(" range")
    name = name.removeprefix("list[").removesuffix("]") if name.startswith("list[") else name
    return name if "|" in name else _KINDS.get(name, "TEXT")


def _replaced(text: str, by: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, words in by:
        text = pattern.sub(words, text)
    return text
