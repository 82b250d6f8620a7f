"""Nothing broken goes live: a host loads each version before it runs for tokens."""

from __future__ import annotations

from rulemint_gateway.dispatch.loads import Loads
from rulemint_gateway.management.error_positions import position_in
from rulemint_gateway.management.errors import DoesNotLoadError, UnavailableError
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_shared.contract.load_messages import DoesNotLoad, LoadRequest, NotTried
from rulemint_shared.contract.load_messages import Loads as ItLoads
from rulemint_shared.contract.records import RuleVersion


class RuleLoading:
    """Refuses versions that do not load."""

    def __init__(self, loads: Loads) -> None:
        self._loads = loads

    async def doubt_about(self, tenant: str, name: str, text: RuleVersion, *, field: str = "script") -> str:
        """Say why nobody knows whether *text* of the rule *name* loads; empty if it does.

        A text without code needs no check, and a caller may have asked for none.

        Raises:
            DoesNotLoadError: it does not load. The code is the *field* of the body.
        """
        call = CALL.get()
        if not text.script or (call is not None and call.no_check):
            return ""
        match await self._loads.load(LoadRequest(tenant=tenant, name=name, text=text)):
            case ItLoads():
                return ""
            case NotTried(why=why):
                return why
            case DoesNotLoad(reason=reason, detail=detail):
                raise DoesNotLoadError(str(reason), position_in(detail), detail, field=field)

    async def require(self, tenant: str, name: str, text: RuleVersion) -> None:
        """Refuse to let *text* go live unless it loads.

        Raises:
            DoesNotLoadError: it does not.
            UnavailableError: nobody can tell now.
        """
        if doubt := await self.doubt_about(tenant, name, text):
            raise UnavailableError(
                f"Version {text.version} could not be loaded, so it does not go live: {doubt}. "
                "Try again; no_check=true deploys it all the same"
            )


def warn_that_it_is_a_draft(version: int, doubt: str, *, was_enabled: bool) -> None:
    """Have the caller told that *version* is only a draft, because of *doubt*."""
    call = CALL.get()
    if call is not None:
        disabled, enable = (", and the rule is disabled", " and enable the rule") if was_enabled else ("", "")
        call.warning = (
            f"Version {version} is only a draft{disabled}: it could not be loaded, because {doubt}. "
            f"Deploy it{enable} when a runner is there"
        )
