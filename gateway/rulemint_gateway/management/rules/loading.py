"""Nothing broken goes live: a host loads each version before it runs for tokens."""

from __future__ import annotations

import msgspec

from rulemint_gateway.dispatch.loads import Loads
from rulemint_gateway.management.error_positions import position_in
from rulemint_gateway.management.errors import DoesNotLoadError
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
        request = LoadRequest(tenant=tenant, name=name, text=msgspec.structs.replace(text, cases=""))
        match await self._loads.load(request):
            case ItLoads():
                return ""
            case NotTried(why=why):
                return why
            case DoesNotLoad(reason=reason, detail=detail):
                raise DoesNotLoadError(str(reason), position_in(detail), detail, field=field)
