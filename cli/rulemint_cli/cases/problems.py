"""Say what is wrong in a file of cases: the file, the line, the field, and what may stand there."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.configuration.yaml_text import Parsed
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.format import (
    Called,
    Case,
    CaseFile,
    Expected,
    FailedBy,
    Inputs,
    Limits,
    Logged,
    Needs,
    Refused,
    TestClient,
)
from rulemint_shared.contract.messages import DenialCode, FailureReason, Level

_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "$": CaseFile,
    "rule": Needs,
    "limits": Limits,
    "defaults": Inputs,
    "cases": Case,
    "client": TestClient,
    "expect": Expected,
    "refused": Refused,
    "failed": FailedBy,
    "log": Logged,
    "calls": Called,
}
"""The struct of each field, by the field's name."""
_ENUMS: dict[str, type[StrEnum]] = {"error": DenialCode, "reason": FailureReason, "level": Level}

_AT = re.compile(r" - at `(?P<path>[^`]*)`\Z")
_LAST = re.compile(r"([^.\[\]]+)(?:\[[^\]]*\])*\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_NO_MEMBER = re.compile(r"Invalid enum value (.*)", re.DOTALL)
_WRONG_KIND = re.compile(r"Expected `(.+)`, got `(.+)`")
_WRONG_SIZE = re.compile(r"Expected `(.+)` of length (<=|>=) (\d+)")
_WRONG_NUMBER = re.compile(r"Expected `(.+)` (<=|>=|<|>) ([0-9.]+)")
_KINDS = {
    "str": "a text",
    "object": "a mapping",
    "array": "a list",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_BOUNDS = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}
_SOMEWHERE = "[...]"


class Problems:
    """The file that is read. It makes errors with the place that they are about."""

    def __init__(self, file: Path, parsed: Parsed) -> None:
        self._file = file
        self._parsed = parsed

    def at(self, path: str, problem: str) -> UsageError:
        """Make an error about *path*, such as ``$.cases[0].client``."""
        field = path.removeprefix("$").removeprefix(".")
        where = f"{self._file}:{self._parsed.line_of(path)}: "
        return UsageError(f"{where}{field}: {problem}" if field else f"{where}{problem}")

    def of(self, error: msgspec.ValidationError) -> UsageError:
        """Make our error of msgspec's. An unknown field is reported at its own line, not at its mapping's."""
        path, problem = _place_and_problem(error)
        path = self._narrowed(path)
        if unknown := _UNKNOWN.fullmatch(problem):
            there_are = ", ".join(_STRUCTS[_last(path)].__struct_encode_fields__)
            return self.at(f"{path}.{unknown[1]}", f"there is no such field: there are {there_are}")
        return self.at(path, _in_words(path, problem))

    def _narrowed(self, path: str) -> str:
        """Name the entry of a mapping for which *path* has only ``[...]``: the one that alone brings the error too."""
        if _SOMEWHERE not in path:
            return path
        mapping = path.partition(_SOMEWHERE)[0]
        for name, value in _value_at(self._parsed.value, mapping).items():
            alone = _with_value_at(self._parsed.value, mapping, {name: value})
            try:
                msgspec.convert(alone, CaseFile)
            except msgspec.ValidationError as error:
                if _place_and_problem(error)[0] == path:
                    return f"{mapping}.{name}"
        return mapping


def _place_and_problem(error: msgspec.ValidationError) -> tuple[str, str]:
    text = str(error)
    at = _AT.search(text)
    return (at["path"], text[: at.start()]) if at else ("$", text)


def _in_words(path: str, problem: str) -> str:
    if missing := _MISSING.fullmatch(problem):
        return f"{missing[1]} is missing"
    if member := _NO_MEMBER.fullmatch(problem):
        return f"{member[1]} is not one of {', '.join(_ENUMS[_last(path)])}"
    if kind := _WRONG_KIND.fullmatch(problem):
        return f"write {_kinds(kind[1])}, not {_kinds(kind[2])}"
    if size := _WRONG_SIZE.fullmatch(problem):
        what = "characters" if size[1] == "str" else "entries"
        return f"write {_kinds(size[1])} of {_BOUNDS[size[2]]} {size[3]} {what}"
    if number := _WRONG_NUMBER.fullmatch(problem):
        return f"write {_kinds(number[1])} that is {_BOUNDS[number[2]]} {number[3]}"
    return problem


def _kinds(names: str) -> str:
    return " or ".join(_KINDS.get(name, name) for name in names.split(" | "))


def _last(path: str) -> str:
    found = _LAST.search(path)
    return found[1] if found else "$"


def _steps(path: str) -> list[str]:
    return re.findall(r"[^.\[\]$]+", path)


def _value_at(value: Any, path: str) -> Any:
    for step in _steps(path):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _with_value_at(value: Any, path: str, other: Any) -> Any:
    """Return *value* with *other* at *path*. Nothing is changed in place."""
    first, *rest = _steps(path) or [""]
    if not first:
        return other
    key: Any = int(first) if isinstance(value, list) else first
    changed = _with_value_at(value[key], ".".join(rest), other)
    if isinstance(value, list):
        return [*value[:key], changed, *value[key + 1 :]]
    return {**value, key: changed}
