"""Read a file of cases. Errors name the file, the line and the field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.cases.problems import Problems
from rulemint_cli.configuration.yaml_text import parse
from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.text_files import read_text
from rulemint_shared.cases.format import CaseFile, first_problem

SUFFIX = ".cases.yaml"
MAX_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ReadCases:
    """The cases of a file, and how to say what is wrong with them."""

    file: Path
    content: CaseFile
    problems: Problems


def file_of_cases(rule: Path) -> Path:
    """Return the file of the cases of *rule*, a file: ``plan.cases.yaml`` next to ``plan.js``.

    Raises:
        UsageError: there is none.
    """
    file = neighbour_of(rule)
    if not file.is_file():
        raise UsageError(f"{rule} has no cases: write {file}, or name another file with --cases (docs/cases.md)")
    return file


def neighbour_of(rule: Path) -> Path:
    """Return where the cases of *rule*, a file, stand if it has some."""
    return rule.with_name(f"{rule.stem}{SUFFIX}")


def read_cases(file: Path) -> ReadCases:
    """Read the cases in *file*.

    Raises:
        UsageError: the file cannot be read, or is not valid.
    """
    text = read_text(file, most_bytes=MAX_FILE_BYTES, otherwise="split it, and name each part with --cases")
    return read_cases_in(text, file)


def read_cases_in(text: str, file: Path) -> ReadCases:
    """Read the cases in *text*, of which errors say that it is in *file*.

    Raises:
        UsageError: it is not valid.
    """
    parsed = parse(text, called=str(file), start_from="rulemint new NAME writes a rule with its cases")
    problems = Problems(file, parsed)
    _check_json(parsed.value, "$", problems)
    try:
        content = msgspec.convert(parsed.value, CaseFile)
    except msgspec.ValidationError as error:
        raise problems.of(error) from None
    _check(content, problems)
    return ReadCases(file, content, problems)


def _check_json(value: Any, path: str, problems: Problems) -> None:
    """Refuse what YAML has and JSON has not: names that are no texts, and numbers that are none."""
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                raise problems.at(f"{path}.{name}", "a name must be a text: write it in quotes")
            _check_json(item, f"{path}.{name}", problems)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json(item, f"{path}[{index}]", problems)
    elif not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
        raise problems.at(path, f"JSON does not have {value}: write a text, a number, true, false or null")


def _check(content: CaseFile, problems: Problems) -> None:
    """Check what no field alone shows."""
    if wrong := first_problem(content.cases):
        path, problem = wrong
        raise problems.at(f"$.cases{path}", problem)
