"""Say what is wrong in a file of cases: the file, the line, the field, and what may stand there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.configuration.yaml_text import Parsed
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.format import CaseFile
from rulemint_shared.wrong_values import AN_ENTRY, WrongValue, in_words


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
        wrong = WrongValue.of(error)
        wrong = replace(wrong, path=self._narrowed(wrong.path))
        problem = in_words(wrong, kind=CaseFile, value=self._parsed.value, object_word="a mapping")
        return self.at(wrong.path if wrong.unknown is None else f"{wrong.path}.{wrong.unknown}", problem)

    def _narrowed(self, path: str) -> str:
        """Name the entry of a mapping for which *path* has only ``[...]``: the one that alone brings the error too."""
        if AN_ENTRY not in path:
            return path
        mapping = path.partition(AN_ENTRY)[0]
        for name, value in _value_at(self._parsed.value, mapping).items():
            alone = _with_value_at(self._parsed.value, mapping, {name: value})
            try:
                msgspec.convert(alone, CaseFile)
            except msgspec.ValidationError as error:
                if WrongValue.of(error).path == path:
                    return f"{mapping}.{name}"
        return mapping


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
