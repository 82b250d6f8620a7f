"""A rule as a file, and what the command line says beside it."""

from __future__ import annotations

import re
from pathlib import Path

from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.dependencies import ANY_VERSION
from rulemint_shared.records import Language

_SUFFIXES = {
    ".js": Language.JAVASCRIPT,
    ".cjs": Language.JAVASCRIPT,
    ".mjs": Language.JAVASCRIPT,
    ".ts": Language.TYPESCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
    ".py": Language.PYTHON,
}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


def read_script(file: Path) -> str:
    """The text in *file*.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error


def language_of(file: Path, given: Language | None) -> Language:
    """*given*, or what the suffix of *file* says.

    Raises:
        UsageError: neither says it.
    """
    language = given or _SUFFIXES.get(file.suffix.lower())
    if language is None:
        raise UsageError(f"{file.name}: what language is it? Say --language {' or '.join(Language)}")
    return language


def rule_name_of(file: Path) -> str:
    """What a rule from *file* is called unless its user says otherwise."""
    return _NOT_IN_NAMES.sub("-", file.stem).strip("-")[:100].strip("-") or "rule"


def secret_pairs(texts: list[str]) -> dict[str, str]:
    """``NAME=VALUE`` each.

    Raises:
        UsageError: one is something else; the text never repeats a value.
    """
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--secret {name}: write it as NAME=VALUE")
        pairs[name] = value
    return pairs


def dependencies_of(texts: list[str]) -> dict[str, str]:
    """``axios@1``, ``@scope/name@^2``, ``httpx`` each."""
    return dict(_dependency(text) for text in texts)


def _dependency(text: str) -> tuple[str, str]:
    name, at, version = text.rpartition("@")
    return (name, version) if at and name else (text, ANY_VERSION)
