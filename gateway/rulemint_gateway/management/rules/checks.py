"""Check versions before they run for tokens: a host loads each, and its cases hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from rulemint_gateway.management.errors import (
    InvalidBodyError,
    RedCase,
    RedCasesError,
    UnavailableError,
)
from rulemint_gateway.management.rules.cases import cases_of
from rulemint_gateway.management.rules.loading import RuleLoading
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_shared.cases.format import Case
from rulemint_shared.contract.records import Power, RuleVersion


@dataclass(frozen=True)
class CaseResults:
    """The results of a version's cases."""

    red: tuple[RedCase, ...] = ()
    """The cases that do not hold."""
    not_run: str = ""
    """The reason why not all of them could be run; empty: all were."""
    power: Power | None = None
    """The things that the version used over all of them; None: not known, or too many."""


@dataclass(frozen=True)
class Checked:
    """A version that was checked."""

    doubt: str = ""
    """The reason why nobody knows that it is good. It goes on from "the version"; empty: it is."""
    power: Power | None = None
    """The things that it used over its cases; None: not known."""


class CaseRuns(Protocol):
    """Runs cases in the sandbox of a runner."""

    async def run(self, tenant: str, name: str, text: RuleVersion, cases: Sequence[Case]) -> CaseResults:
        """The results of *cases*, of the rule *name* with *text*."""
        ...


class VersionChecks:
    """Refuses versions that do not load, or whose cases do not hold."""

    def __init__(self, loading: RuleLoading, cases: CaseRuns) -> None:
        self._loading = loading
        self._cases = cases

    async def check(
        self, tenant: str, name: str, text: RuleVersion, *, goes_live: bool, field: str = "script"
    ) -> Checked:
        """Load *text* of the rule *name*, and run its cases. Those of a draft need not hold.

        Raises:
            DoesNotLoadError: it does not load. The code is the *field* of the body.
            RedCasesError: it would go live, and some of its cases do not hold.
            InvalidBodyError: it is locked without cases.
        """
        if text.locked and not text.cases:
            raise InvalidBodyError("A lock keeps a version to what its cases show: give it cases", field="locked")
        if doubt := await self._loading.doubt_about(tenant, name, text, field=field):
            return Checked(f"could not be loaded, because {doubt}")
        return await self._by_cases(tenant, name, text, goes_live=goes_live)

    async def require(self, tenant: str, name: str, text: RuleVersion) -> RuleVersion:
        """Refuse to let *text* go live unless it loads and its cases hold. Return it, with its power if that is known.

        Raises:
            DoesNotLoadError, RedCasesError: it does not, or they do not.
            UnavailableError: nobody can tell now.
        """
        checked = await self.check(tenant, name, text, goes_live=True)
        if checked.doubt:
            otherwise = "" if must_be_tested(text) else "; no_check=true deploys it all the same"
            raise UnavailableError(
                f"Version {text.version} {checked.doubt}, so it does not go live. Try again{otherwise}"
            )
        return text if text.power is not None else msgspec.structs.replace(text, power=checked.power)

    async def _by_cases(self, tenant: str, name: str, text: RuleVersion, *, goes_live: bool) -> Checked:
        """Run the cases of *text*, unless it has no code yet.

        Those of a locked version whose power is not known run in any case, because they say what it may do.
        """
        call = CALL.get()
        no_check, force = (False, False) if call is None else (call.no_check, call.force)
        cases = cases_of(text)
        if not text.cases or not text.script or (no_check and not must_be_tested(text)):
            return Checked()
        if not cases:
            return Checked("could not be tested, because its cases are of another version of Rulemint")
        results = await self._cases.run(tenant, name, text, cases)
        if results.red and goes_live and not (force or no_check):
            raise RedCasesError(results.red, of=len(cases))
        not_known = results.not_run or (text.locked and results.power is None and "its cases show too much to list")
        if not_known and (must_be_tested(text) or (goes_live and not (force or no_check))):
            return Checked(f"could not be tested, because {not_known}")
        return Checked(power=results.power)


def must_be_tested(text: RuleVersion) -> bool:
    """Tell whether nobody knows yet what a locked version may do. Without that it would do nothing."""
    return text.locked and text.power is None


def warn_that_it_is_a_draft(version: int, doubt: str, *, was_enabled: bool) -> None:
    """Have the caller told that *version* is only a draft, because of *doubt*."""
    call = CALL.get()
    if call is not None:
        disabled, enable = (", and the rule is disabled", " and enable the rule") if was_enabled else ("", "")
        call.warning = (
            f"Version {version} is only a draft{disabled}: it {doubt}. Deploy it{enable} when a runner is there"
        )
