"""Reports throttling: one line in the service's log and one audit record a minute for each address, for all its tries.

Neither holds anything that a request said, but for the id of a client that there is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import structlog

from rulemint_gateway.limits.failed_authentication import Throttled, place_of
from rulemint_gateway.limits.late_audit import LateAudit
from rulemint_gateway.stores.writing.calls import Call

log = structlog.get_logger(__name__)

WINDOW_S = 60.0
OF_A_TENANT = 20
"""Addresses that are named in a window; a thousand others would push everything else out of the tenant's log."""
OF_ALL = 1_000


class ThrottleReports:
    """Says it once in a window."""

    def __init__(self, audit: LateAudit, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._audit = audit
        self._clock = clock
        self._began_s = clock()
        self._said: set[tuple[str, str, str]] = set()
        self._said_of: Counter[str] = Counter()

    def is_told(self, throttled: Throttled, tenant: str, place: str) -> bool:
        """True if `note` has nothing to add for this address: the usual case, and the only one that must be quick."""
        return (tenant, throttled.by, place) in self._said and self._clock() - self._began_s < WINDOW_S

    def note(self, throttled: Throttled, call: Call) -> None:
        """*call* was throttled."""
        now = self._clock()
        if now - self._began_s >= WINDOW_S:
            self._began_s = now
            self._said.clear()
            self._said_of.clear()
        what = (call.tenant, throttled.by, place_of(call.ip))
        if what in self._said or self._said_of[call.tenant] >= OF_A_TENANT or len(self._said) >= OF_ALL:
            return
        self._said.add(what)
        self._said_of[call.tenant] += 1
        log.warning(
            "throttled: authentication failed too often from this address",
            tenant=call.tenant,
            ip=call.ip,
            by=str(throttled.by),
            client_id=call.client_id or None,
            retry_after_s=throttled.retry_after_s,
        )
        error = f"Throttled: authentication failed too often from {call.ip} ({throttled.by})"
        self._audit.record(call, status=429, error=error)
