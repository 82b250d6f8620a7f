"""Check versions before they run for tokens: a host loads each, and its cases hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rulemint_gateway.management.errors import RedCase, RedCasesError, UnavailableError
from rulemint_gateway.management.rules.cases import cases_of
from rulemint_gateway.management.rules.loading import RuleLoading
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_shared.cases.format import Case
from rulemint_shared.contract.records import RuleVersion


@dataclass(frozen=True)
class CaseResults:
    """The results of a version's cases."""

    red: tuple[RedCase, ...] = ()
    """The cases that do not hold."""
    not_run: str = ""
    """The reason why not all of them could be run; empty: all were."""


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

    async def doubt_about(
        self, tenant: str, name: str, text: RuleVersion, *, goes_live: bool, field: str = "script"
    ) -> str:
        """Say why nobody knows whether *text* of the rule *name* is good; empty if it is.

        The cases of a draft are not run: it may be work that has just begun.

        Raises:
            DoesNotLoadError: it does not load. The code is the *field* of the body.
            RedCasesError: it would go live, and some of its cases do not hold.
        """
        if doubt := await self._loading.doubt_about(tenant, name, text, field=field):
            return f"could not be loaded, because {doubt}"
        return await self._doubt_by_cases(tenant, name, text) if goes_live else ""

    async def require(self, tenant: str, name: str, text: RuleVersion) -> None:
        """Refuse to let *text* go live unless it loads and its cases hold.

        Raises:
            DoesNotLoadError, RedCasesError: it does not, or they do not.
            UnavailableError: nobody can tell now.
        """
        if doubt := await self.doubt_about(tenant, name, text, goes_live=True):
            raise UnavailableError(
                f"Version {text.version} {doubt}, so it does not go live. "
                "Try again; no_check=true deploys it all the same"
            )

    async def _doubt_by_cases(self, tenant: str, name: str, text: RuleVersion) -> str:
        call = CALL.get()
        cases = cases_of(text)
        if not cases or (call is not None and (call.no_check or call.force)):
            return ""
        results = await self._cases.run(tenant, name, text, cases)
        if results.red:
            raise RedCasesError(results.red, of=len(cases))
        return f"could not be tested, because {results.not_run}" if results.not_run else ""


def warn_that_it_is_a_draft(version: int, doubt: str, *, was_enabled: bool) -> None:
    """Have the caller told that *version* is only a draft, because of *doubt*."""
    call = CALL.get()
    if call is not None:
        disabled, enable = (", and the rule is disabled", " and enable the rule") if was_enabled else ("", "")
        call.warning = (
            f"Version {version} is only a draft{disabled}: it {doubt}. Deploy it{enable} when a runner is there"
        )
