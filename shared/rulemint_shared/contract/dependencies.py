"""Check a rule's packages: names and versions of a registry, and nothing that leads anywhere else.

A dependency is a name with a version or a range of versions. A path, a URL, a repository, another package's name or a
flag of an installer is not expressible in this grammar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never

import msgspec

from rulemint_shared.contract.records import Language

MAX_DEPENDENCIES = 32
MAX_NAME_CHARACTERS = 214
MAX_VERSION_CHARACTERS = 128
ANY_VERSION = "*"


class Registry(StrEnum):
    """A registry from which the packages of a language come."""

    NPM = "npm"
    PYPI = "pypi"


_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9~][A-Za-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*")
_NPM_VERSION = re.compile(r"[0-9A-Za-z*^~<>=][0-9A-Za-z.*+^~<>=| -]*")
"""Ranges as npm writes them, and tags such as ``latest``; without ``:`` and ``/`` there is no other place."""
_PYPI_NAME = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9][A-Za-z0-9._-]*(?:,[A-Za-z0-9][A-Za-z0-9._-]*)*\])?"
)
"""PEP 508's, with extras."""
_PYPI_CLAUSE = re.compile(r"(?:===?|~=|!=|<=|>=|<|>)\s*[0-9A-Za-z][0-9A-Za-z.*+!-]*")
_PYPI_EXACT = re.compile(r"[0-9][0-9A-Za-z.+!-]*")
_ANY = frozenset({"", ANY_VERSION, "latest"})

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


def check_dependencies(registry: Registry, dependencies: Mapping[str, str]) -> None:
    """Refuse what is no name with a version.

    Raises:
        ValueError: the text says which one, and why.
    """
    if len(dependencies) > MAX_DEPENDENCIES:
        raise ValueError(f"a rule may depend on {MAX_DEPENDENCIES} packages at most")
    is_name = _names_of(registry)
    for name, version in dependencies.items():
        if len(name) > MAX_NAME_CHARACTERS or is_name.fullmatch(name) is None or ".." in name:
            raise ValueError(f"{name[:60]!r} is not the name of a package")
        if len(version) > MAX_VERSION_CHARACTERS or not _is_version(registry, version.strip()):
            raise ValueError(f"{name}: {version[:60]!r} is not a version or a range of versions")


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
    """A dependency from PyPI as PEP 508 writes it: a bare version means exactly that one."""
    version = version.strip()
    if version in _ANY:
        return name
    return f"{name}=={version}" if _PYPI_EXACT.fullmatch(version) else f"{name}{version}"


def _is_version(registry: Registry, version: str) -> bool:
    if version in _ANY:
        return True
    match registry:
        case Registry.NPM:
            return _NPM_VERSION.fullmatch(version) is not None
        case Registry.PYPI:
            clauses = [clause.strip() for clause in version.split(",")]
            is_exact = _PYPI_EXACT.fullmatch(version) is not None
            return is_exact or all(_PYPI_CLAUSE.fullmatch(clause) for clause in clauses)
        case _:
            assert_never(registry)


def _names_of(registry: Registry) -> re.Pattern[str]:
    """Build the pattern of package names in *registry*."""
    match registry:
        case Registry.NPM:
            return _NPM_NAME
        case Registry.PYPI:
            return _PYPI_NAME
        case _:
            assert_never(registry)
