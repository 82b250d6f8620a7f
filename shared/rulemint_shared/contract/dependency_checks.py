"""Check a rule's packages: names and versions of a registry, and nothing that leads anywhere else.

A dependency is a name with a version or a range of versions. A path, a URL, a repository, another package's name or a
flag of an installer is not expressible in this grammar. For Python it is that of `packaging`, which pip has too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from rulemint_shared.contract.dependencies import (
    MAX_DEPENDENCIES,
    MAX_NAME_CHARACTERS,
    MAX_VERSION_CHARACTERS,
    Registry,
)
from rulemint_shared.contract.package_versions import npm_range, pypi_specifier

_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9~][A-Za-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*")
_NPM_VERSION = re.compile(r"[0-9A-Za-z*^~<>=][0-9A-Za-z.*+^~<>=| -]*")
"""Ranges as npm writes them, and tags such as ``latest``; without ``:`` and ``/`` there is no other place."""


def check_dependencies(registry: Registry, dependencies: Mapping[str, str]) -> None:
    """Refuse what is no name with a version.

    Raises:
        ValueError: the text says which one, and why.
    """
    if len(dependencies) > MAX_DEPENDENCIES:
        raise ValueError(f"a rule may depend on {MAX_DEPENDENCIES} packages at most")
    for name, version in dependencies.items():
        if len(name) > MAX_NAME_CHARACTERS or not _is_name(registry, name) or ".." in name:
            raise ValueError(f"{name[:60]!r} is not the name of a package")
        if len(version) > MAX_VERSION_CHARACTERS:
            raise ValueError(f"{name}: {version[:60]!r} is not a version: it is too long")
        try:
            is_version = _is_version(registry, version.strip())
        except ValueError as error:
            raise ValueError(f"{name}: {version[:60]!r} is not a version there: {error}") from None
        if not is_version:
            raise ValueError(
                f"{name}: {version[:60]!r} is not a version or a range of versions, such as 1.2.3, 1, ^1.2 or >=1,<2"
            )


def _is_version(registry: Registry, version: str) -> bool:
    match registry:
        case Registry.NPM:
            return _NPM_VERSION.fullmatch(npm_range(version)) is not None
        case Registry.PYPI:
            return _is_specifier(pypi_specifier(version))
        case _:
            assert_never(registry)


def _is_specifier(text: str) -> bool:
    try:
        for each in SpecifierSet(text):
            if each.operator == "===":  # PEP 440 lets any text follow it, a path too
                Version(each.version)
    except ValueError:
        return False
    return True


def _is_name(registry: Registry, name: str) -> bool:
    match registry:
        case Registry.NPM:
            return _NPM_NAME.fullmatch(name) is not None
        case Registry.PYPI:
            return _is_name_with_extras(name)
        case _:
            assert_never(registry)


def _is_name_with_extras(text: str) -> bool:
    try:
        found = Requirement(text)
    except ValueError:
        return False
    return text == text.strip() and not (found.url or found.marker or found.specifier)
