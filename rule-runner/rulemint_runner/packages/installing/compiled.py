"""Packages of npm's with a part that has to be compiled: no host can load one, so they are refused by that reason."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rulemint_runner.packages.installing.node_resolution import manifest_of
from rulemint_runner.packages.installing.refusal import InstallError

_SOURCE = "binding.gyp"
_ADDON = ".node"
_WITHOUT = re.compile(r"(?:fallback|elliptic|js|pure|browser)\.[cm]?js")
"""The names of files that do the same without the compiled part."""


def is_optional(name: str, package: Path) -> bool:
    """Tell whether *package* does without the package *name*."""
    manifest = manifest_of(package)
    peer = manifest.get("peerDependenciesMeta")
    said = peer.get(name) if isinstance(peer, dict) else None
    optional = manifest.get("optionalDependencies")
    return (isinstance(optional, dict) and name in optional) or (
        isinstance(said, dict) and said.get("optional") is True
    )


def check_not_compiled(package: Path, *, needed_by: str) -> None:
    """Refuse the package in the folder *package*, should it need a compiled part.

    *needed_by* is the name of the package that asks for it; empty if the rule itself does.

    Raises:
        InstallError: see there.
    """
    manifest = manifest_of(package)
    if not _is_compiled(package, manifest):
        return
    name = f"{manifest.get('name', package.name)}@{manifest.get('version', '?')}"
    which = f"{name}, which {needed_by} needs," if needed_by else name
    raise InstallError(
        f"{which} has a compiled part, and a rule runs JavaScript only: choose a package without one (such as bcryptjs "
        "for bcrypt)"
    )


def _is_compiled(package: Path, manifest: dict[str, Any]) -> bool:
    if isinstance(manifest.get("browser"), dict):  # it says what to take where nothing compiled runs
        return False
    if manifest.get("gypfile") is True or isinstance(manifest.get("napi"), dict):
        return True
    names = list(_names(package))
    has_addon = any(name == _SOURCE or name.endswith(_ADDON) for name in names)
    return has_addon and not any(_WITHOUT.fullmatch(name) for name in names)


def _names(package: Path) -> Iterator[str]:
    """The names of the files of *package*, and not of those within it: as many as an installation may have."""
    for _folder, folders, files in os.walk(package):
        folders[:] = [folder for folder in folders if folder != "node_modules"]
        yield from files
