"""Reports quotas that were exceeded: each once in its hour or day, in the service's log and in the tenant's.

Every request over a quota is counted by *count*, enforced or not.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy
from rulemint_gateway.limits.late_audit import LateAudit
from rulemint_gateway.limits.quota_counts import Taken
from rulemint_gateway.stores.traffic.minute_counts import RefusedBy
from rulemint_gateway.stores.writing.calls import Call

log = structlog.get_logger(__name__)

CountOver = Callable[[Limit], None]
CountRefused = Callable[[str, RefusedBy], None]
"""Of a tenant."""
_REFUSED_BY = {
    QuotaBy.TENANT: RefusedBy.TENANT_TOKENS,
    QuotaBy.CLIENT: RefusedBy.CLIENT_TOKENS,
    QuotaBy.SOURCE: RefusedBy.SOURCE_TOKENS,
}
_WORDS = {"per_hour": "an hour", "per_day": "a day"}


class QuotaReports:
    """Looks at every token that quotas apply to."""

    def __init__(self, audit: LateAudit, count: CountOver, refused: CountRefused) -> None:
        self._audit = audit
        self._count = count
        self._refused = refused

    def note(self, taken: Taken, call: Call) -> None:
        """Report the quotas that *call* exceeded."""
        for by in {limit.by for limit in taken.used_up}:
            self._refused(call.tenant, _REFUSED_BY[by])
        for limit, count, refusal in zip(taken.limits, taken.counts, taken.refusals, strict=True):
            if taken.refused and limit.enforce and count >= limit.most:
                self._count(limit)
                if refusal == 1:
                    self._tell(limit, call, status=429)
            elif not taken.refused and not limit.enforce and count > limit.most:
                self._count(limit)
                if count == limit.most + 1:
                    self._tell(limit, call, status=200)

    def _tell(self, limit: Limit, call: Call, *, status: int) -> None:
        words = f"{limit.most} tokens {_WORDS[limit.window]} of {describe(limit)}"
        log.warning(
            "a token quota is exceeded",
            tenant=call.tenant,
            by=str(limit.by),
            client_id=call.client_id,
            ip=call.ip,
            window=limit.window,
            most=limit.most,
            enforced=limit.enforce,
        )
        suffix = "" if limit.enforce else "; it is not enforced, so tokens are issued all the same"
        self._audit.record(call, status=status, error=f"Quota exceeded: {words}{suffix}")


def describe(limit: Limit) -> str:
    """The subject of the quota, in words."""
    return {
        QuotaBy.CLIENT: "this client",
        QuotaBy.TENANT: "this tenant",
        QuotaBy.SOURCE: f"the address {limit.subject}",
    }[limit.by]
