"""Read a rule from its file, and its options from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.text_files import read_text
from rulemint_shared.contract.package_versions import ANY_VERSION
from rulemint_shared.contract.records import Language, RuleLimits

MAX_SCRIPT_BYTES = 1024 * 1024
"""More than the system takes, so that it says what it takes. What is larger is not read."""
_OTHER_SUFFIXES = {
    ".cjs": Language.JAVASCRIPT,
    ".mjs": Language.JAVASCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
}
_SUFFIXES = {**{f".{language.suffix}": language for language in Language}, **_OTHER_SUFFIXES}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_WITH_RANGE = re.compile(r"(?P<name>@?[^@=<>~!^\s]+)\s*(?P<version>[=<>~!^].*)")


def read_script(file: Path) -> str:
    """Return the text in *file*, with the line ends of Unix.

    Raises:
        UsageError: the file cannot be read, is too large, or is not a text.
    """
    return read_text(file, most_bytes=MAX_SCRIPT_BYTES).replace("\r\n", "\n").replace("\r", "\n")


def language_of(file: Path, given: Language | None) -> Language:
    """Return the language *given*, or else the one that the suffix of *file* stands for.

    Raises:
        UsageError: no language is given, and the suffix stands for none.
    """
    language = given or _SUFFIXES.get(file.suffix.lower())
    if language is None:
        raise UsageError(f"{file.name}: the language is unknown: give --language {' or '.join(Language)}")
    return language


def rule_name_of(file: Path) -> str:
    """Return the name of a rule from *file*, for when the command line gives none."""
    return _NOT_IN_NAMES.sub("-", file.stem).strip("-")[:100].strip("-") or "rule"


def secret_pairs(texts: list[str]) -> dict[str, str]:
    """Split texts of the form ``NAME=VALUE``.

    Raises:
        UsageError: one has another form; the error never repeats a value.
    """
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--secret {name or '=…'}: write it as NAME=VALUE")
        pairs[name] = value
    return pairs


def dependencies_of(texts: list[str]) -> dict[str, str]:
    """Split packages such as ``axios@1``, ``@scope/name@^2``, ``httpx`` or ``httpx>=0.27`` into names and versions."""
    return dict(_dependency(text) for text in texts)


def _dependency(text: str) -> tuple[str, str]:
    name, at, version = text.rpartition("@")
    if at and name:
        return name, version
    with_range = _WITH_RANGE.fullmatch(text)
    return (with_range["name"], with_range["version"]) if with_range else (text, ANY_VERSION)


def limits_of(texts: list[str]) -> dict[str, float]:
    """Split limits such as ``timeout_s=2`` into names and numbers.

    Raises:
        UsageError: one has another form.
    """
    return dict(_limit(text) for text in texts)


def _limit(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in RuleLimits.__struct_fields__:
        raise UsageError(f"--limit {text}: there is no such limit: there are {', '.join(RuleLimits.__struct_fields__)}")
    try:
        return name, msgspec.json.decode(value, type=int | float)
    except msgspec.MsgspecError as error:
        raise UsageError(f"--limit {text}: write it as NAME=NUMBER, such as timeout_s=2") from error
