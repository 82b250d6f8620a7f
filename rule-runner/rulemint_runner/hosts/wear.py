"""When a host has served for long enough: what a rule leaves behind goes with it, before it costs an invocation."""

from __future__ import annotations

import msgspec

from rulemint_runner.hosts.host import Host
from rulemint_runner.sandbox.priority import Priority

_MEMORY_SHARE = 0.7


class Wear(msgspec.Struct, frozen=True, kw_only=True):
    """How much a host may do before another takes its place."""

    max_runs: int = 10_000
    max_age_s: float = 600.0

    def of(self, host: Host, *, now_s: float) -> str | None:
        """Why *host* should be replaced, or None; *now_s* on the event loop's clock."""
        if host.runs >= self.max_runs:
            return f"{host.runs} invocations"
        if now_s - host.started_s >= self.max_age_s:
            return f"older than {self.max_age_s:g} s"
        if host.private_bytes() >= _MEMORY_SHARE * host.max_private_bytes:
            return f"more than {_MEMORY_SHARE:.0%} of its memory taken"
        if host.priority is not Priority.USUAL:
            return "an invocation that computed for long"
        return None
