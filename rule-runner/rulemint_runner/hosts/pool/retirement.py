"""Replace a host that has served for long enough, before what a rule leaves behind costs an invocation."""

from __future__ import annotations

import msgspec

from rulemint_runner.hosts.host import Host
from rulemint_runner.sandbox.priority import Priority

_MEMORY_SHARE = 0.7
_SPREAD = 0.25
"""Of the greatest age. Hosts that started together must not end together: all but the spares would be waited for."""
_GOLDEN = 0.618_034
"""Multiples of it fall evenly between whole numbers, however many there are: those of neighbours are far apart."""


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """The work of a host after which another takes its place."""

    max_runs: int = 10_000
    max_age_s: float = 600.0

    def reason(self, host: Host, *, now_s: float) -> str | None:
        """Say why *host* should be replaced, or return None; *now_s* is on the event loop's clock."""
        if host.runs >= self.max_runs:
            return f"{host.runs} invocations"
        if (age_s := now_s - host.started_s) >= self.max_age_s * (1 - _SPREAD * (host.pid * _GOLDEN % 1)):
            return f"{age_s:.0f} s old"
        if host.private_bytes() >= _MEMORY_SHARE * host.max_private_bytes:
            return f"more than {_MEMORY_SHARE:.0%} of its memory taken"
        if host.priority is not Priority.USUAL:
            return "an invocation that computed for long"
        return None
