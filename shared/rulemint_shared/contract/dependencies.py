"""Tell the packages of rules: where they come from, and which a text names."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import assert_never

import msgspec

from rulemint_shared.contract.package_versions import pypi_specifier
from rulemint_shared.contract.records import Language

MAX_DEPENDENCIES = 32
MAX_NAME_CHARACTERS = 214
MAX_VERSION_CHARACTERS = 128


class Registry(StrEnum):
    """A registry from which the packages of a language come."""

    NPM = "npm"
    PYPI = "pypi"


_IMPORT = re.compile(
    r"""(?:\brequire\s*\(\s*|\bfrom\s*|\bimport\s*\(?\s*)(["'`])(?P<specifier>(?P<scheme>npm:)?"""
    r"""(?P<name>(?:@[A-Za-z0-9~][A-Za-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*)"""
    r"""(?:@(?P<version>latest|[0-9^~<>=*v][^"'`/\s]*))?(?P<path>/[A-Za-z0-9@._~/-]+)?)\1"""
)
MAX_IMPORTS = 128


def registry_of(language: Language) -> Registry:
    """Name the registry from which a rule of *language* has its packages."""
    match language:
        case Language.JAVASCRIPT | Language.TYPESCRIPT:
            return Registry.NPM
        case Language.PYTHON:
            return Registry.PYPI
        case _:
            assert_never(language)


class NamedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package as a JavaScript text names it: ``npm:@scope/name@1.2.3/a/path`` has all there can be."""

    specifier: str
    name: str
    version: str | None
    path: str
    has_scheme: bool


def named_in(script: str) -> list[NamedPackage]:
    """The packages, and modules of Node's own, that a text requires or imports, each specifier once.

    ``require('jsonwebtoken@8.5.1')`` is how webtasks chose a version. What stands in a comment is found too: at worst
    something is installed that nobody uses.
    """
    found = {
        match["specifier"]: NamedPackage(
            specifier=match["specifier"],
            name=match["name"],
            version=match["version"],
            path=match["path"] or "",
            has_scheme=match["scheme"] is not None,
        )
        for match in _IMPORT.finditer(script)
    }
    return list(found.values())[:MAX_IMPORTS]


def requirement(name: str, version: str) -> str:
    """A dependency from PyPI as PEP 508 writes it.

    Raises:
        ValueError: PyPI has no word for the version.
    """
    return f"{name}{pypi_specifier(version)}"
