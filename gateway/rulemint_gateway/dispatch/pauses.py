"""Remembers flows that fail in any case for now, because a runner said that one of their rules pauses.

Sending them on would cost every process of the path a little for nothing, so they are refused here, at once. A pause is
of one client's use of a flow, or of the flow for all. A pause is over when its operator has ended it, or
when its rule has a new version.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from rulemint_shared.contract.messages import Failed, Invocation
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.memory import FairMemory

LOGGED_EACH_S = 1.0
"""Of what is refused, one a second is in the tenant's log: more would say the same, and push out what does not."""
_REMEMBERED = 20_000


@dataclass
class Pause:
    """A flow pauses."""

    until: Deadline
    why: str
    """The runner's words, for the logs."""
    for_all: bool
    _next_log: Deadline | None = None

    @property
    def left_s(self) -> float:
        """For how many seconds."""
        return self.until.remaining_s()

    def log_is_due(self) -> bool:
        """True for one refusal a second, which is told in the tenant's log."""
        if self._next_log is not None and not self._next_log.passed():
            return False
        self._next_log = Deadline.after(LOGGED_EACH_S)
        return True


class Pauses:
    """Remembers the flows that pause, and the clients for which they do."""

    def __init__(self) -> None:
        self._pauses: FairMemory[Hashable, Pause] = FairMemory(_REMEMBERED)

    def learn(self, invocation: Invocation, outcome: Failed) -> None:
        """Remember the pause of its flow if *outcome*, that of *invocation*, says so."""
        if not outcome.pauses_for_ms or invocation.is_tried:
            return
        pause = Pause(Deadline.after(outcome.pauses_for_ms / 1000), outcome.detail, outcome.pauses_for_all)
        key = _for_all(invocation) if pause.for_all else _for_client(invocation)
        self._pauses.put(invocation.tenant, key, pause)

    def met_by(self, invocation: Invocation) -> Pause | None:
        """The pause of the flow of *invocation*; None if there is none for its client."""
        if invocation.tenant not in self._pauses.by_tenant or invocation.is_tried:
            return None
        return self._live(invocation.tenant, _for_client(invocation)) or self._live(
            invocation.tenant, _for_all(invocation)
        )

    def _live(self, tenant: str, key: Hashable) -> Pause | None:
        pause = self._pauses.get(tenant, key)
        if pause is not None and pause.until.passed():
            self._pauses.forget(tenant, key)
            return None
        return pause


def _for_all(invocation: Invocation) -> Hashable:
    """The identity of a flow: its rule versions with their secrets, and what was resumed."""
    return tuple((rule.rule_id, rule.version, rule.secrets_revision, rule.resumed_at_ms) for rule in invocation.flow)


def _for_client(invocation: Invocation) -> Hashable:
    return invocation.client.id, tuple(rule.client_resumed_at_ms for rule in invocation.flow), _for_all(invocation)
