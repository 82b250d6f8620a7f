"""Node modules for `wt create` with packages: it asks that they are installed before it makes the webtask."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_gateway.management.rules.packages import Packages
from rulemint_shared.contract.dependencies import MAX_DEPENDENCIES, MAX_NAME_CHARACTERS, MAX_VERSION_CHARACTERS
from rulemint_shared.contract.records import Language, RuleVersion

AVAILABLE = "available"


class NodeModule(msgspec.Struct, frozen=True, kw_only=True):
    """A package of npm with its version."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
    version: Annotated[str, Meta(min_length=1, max_length=MAX_VERSION_CHARACTERS)]


class EnsureModules(msgspec.Struct, frozen=True, kw_only=True):
    """The body of ``POST /api/env/node/modules``."""

    modules: Annotated[list[NodeModule], Meta(max_length=MAX_DEPENDENCIES)]


class ModuleState(msgspec.Struct, frozen=True, kw_only=True):
    """A module that is there."""

    name: str
    version: str
    state: str


class WebtaskModules:
    """The use case of ``/api/env/node/modules``."""

    def __init__(self, packages: Packages) -> None:
        self._packages = packages

    async def ensure(self, tenant: str, body: EnsureModules) -> list[ModuleState]:
        """Install all modules together, as the webtask will have them.

        Raises:
            InvalidBodyError: one cannot be installed, in the installer's words.
            UnavailableError: nobody can install them now.
        """
        wanted = {module.name: module.version for module in body.modules}
        text = RuleVersion(rule_id="", version=1, script="", language=Language.JAVASCRIPT, dependencies=wanted)
        await self._packages.installed_for(tenant, text)
        return [ModuleState(name=name, version=version, state=AVAILABLE) for name, version in wanted.items()]
