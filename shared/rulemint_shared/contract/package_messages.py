"""Define what gateway and runner say about packages. New fields go last, with defaults; types never change."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.contract.dependencies import MAX_DEPENDENCIES, MAX_IMPORTS, Registry

MAX_WANTED = MAX_DEPENDENCIES + MAX_IMPORTS
MAX_NOT_INSTALLED = 4_096
"""Characters of why they cannot be installed."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One package that a rule wants."""

    specifier: str
    """The text by which the rule gets it: its name, perhaps with a version, perhaps with a path within it."""
    name: str
    version: str
    """A version or a range."""
    path: str = ""
    """One of its files, such as ``/fp``; empty: the package itself."""


class InstallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Install these packages, together."""

    registry: Registry
    wanted: Annotated[tuple[Wanted, ...], Meta(min_length=1, max_length=MAX_WANTED)]
    tenant: Annotated[str, Meta(max_length=63)] = ""
    """The tenant whose turn it takes. The result does not depend on it."""


class Installed(msgspec.Struct, frozen=True, kw_only=True, tag="installed"):
    """They are kept as the package set that this hash names."""

    packages: str
    resolved: dict[str, str]
    """Specifier → the version that it got."""


class NotInstalled(msgspec.Struct, frozen=True, kw_only=True, tag="not-installed"):
    """They cannot be installed; *message* is the installer's own, for the rule's author."""

    message: Annotated[str, Meta(max_length=MAX_NOT_INSTALLED)]
    is_ours: bool = False
    """It is no fault of the request, which may succeed later."""


InstallAnswer = Installed | NotInstalled
