"""A rule's text and its ``dependencies`` → the packages that were installed for the version that is being made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from rulemint_gateway.dispatch.installs import Installs
from rulemint_gateway.management.errors import InvalidBodyError, UnavailableError
from rulemint_shared.contract.dependencies import Registry, named_in, registry_of
from rulemint_shared.contract.dependency_checks import check_dependencies
from rulemint_shared.contract.package_messages import Installed, InstallRequest, Wanted
from rulemint_shared.contract.package_versions import ANY_VERSION
from rulemint_shared.contract.records import RuleVersion

FIELD = "dependencies"


class Packages:
    """Installs what rule versions need."""

    def __init__(self, installs: Installs) -> None:
        self._installs = installs

    async def installed_for(
        self, tenant: str, text: RuleVersion, *, before: RuleVersion | None = None
    ) -> dict[str, Any]:
        """The fields of *text* of a rule of *tenant* that name its packages; those of *before* if it wanted the same.

        Raises:
            InvalidBodyError: something is no package and version, or cannot be installed; in the installer's words.
            UnavailableError: there is no runner to ask, or it failed.
        """
        wanted = wanted_by(text)
        if before is not None and wanted == wanted_by(before):
            return {"packages": before.packages, "resolved_dependencies": before.resolved_dependencies}
        if not wanted:
            return {"packages": "", "resolved_dependencies": {}}
        request = InstallRequest(registry=registry_of(text.language), wanted=wanted, tenant=tenant)
        answer = await self._installs.install(request)
        match answer:
            case Installed(packages=packages, resolved=resolved):
                return {"packages": packages, "resolved_dependencies": resolved}
            case _ if answer.is_ours:
                raise UnavailableError(f"The packages could not be installed: {answer.message or 'try again'}")
            case _:
                raise InvalidBodyError(answer.message, field=FIELD, code="packages_not_installed")


def wanted_by(text: RuleVersion) -> tuple[Wanted, ...]:
    """All packages that *text* needs, in an order that depends on nothing else.

    Raises:
        InvalidBodyError: one is not a package with a version.
    """
    registry = registry_of(text.language)
    declared = text.dependencies
    wanted = {name: Wanted(specifier=name, name=name, version=version) for name, version in declared.items()}
    match registry:
        case Registry.NPM:
            wanted.update(_named_by(text.script, declared))
        case Registry.PYPI:
            pass  # a module of Python has no name that says which package it is of
        case _:
            assert_never(registry)
    try:
        check_dependencies(registry, declared)
        for each in wanted.values():
            check_dependencies(registry, {each.name: each.version})
    except ValueError as error:
        raise InvalidBodyError(str(error), field=FIELD) from None
    return tuple(sorted(wanted.values(), key=lambda each: each.specifier))


def _named_by(script: str, declared: Mapping[str, str]) -> dict[str, Wanted]:
    """The packages that the text itself asks for: those with a version, and files within declared ones.

    A package that is named with a version only is meant by its bare name too.
    """
    wanted: dict[str, Wanted] = {}
    named = named_in(script)
    versions = {each.name: each.version for each in named if each.version is not None}
    for each in named:
        version = each.version or declared.get(each.name) or versions.get(each.name)
        if version is None and each.has_scheme:
            version = ANY_VERSION
        if version is not None:
            wanted[each.specifier] = Wanted(specifier=each.specifier, name=each.name, version=version, path=each.path)
    return wanted
