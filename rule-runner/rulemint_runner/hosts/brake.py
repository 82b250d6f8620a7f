"""The brake: a rule whose hosts end one after the other waits before it costs another one.

Only failures in a row count, so that a rule that mostly works is never stopped. After the pause one invocation goes
ahead, and nobody beside it; if it fails too, the next pause is twice as long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rulemint_runner.hosts.host import HostEndedError
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import FailureReason

FAILURES = 3
"""So many cost a host each, and each of them processor time that others would have had."""
WITHIN_S = 10.0
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 30.0
TRIAL_S = 0.5
"""How long whoever meets a trial is told to stay away; what becomes of it decides."""
_REMEMBERED = 1_000
_COUNTED = {
    FailureReason.TIMEOUT,
    FailureReason.CRASHED,
    FailureReason.OUT_OF_MEMORY,
    FailureReason.OUTPUT_FLOOD,
    FailureReason.SYNTAX,
    FailureReason.EXCEPTION,
}


@dataclass
class _Row:
    """The failures in a row of one authority."""

    since: Deadline = field(default_factory=lambda: Deadline.after(WITHIN_S))
    failures: int = 0
    paused: Deadline | None = None
    trying: bool = False


class Brake:
    """Remembers who failed; knows nothing of hosts."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Hashable, _Row] = OrderedDict()

    @contextmanager
    def admission(self, authority: Hashable) -> Iterator[None]:
        """Run one invocation of *authority* in the body.

        Raises:
            HostEndedError: it is paused.
        """
        is_trial = self._admit(authority)
        try:
            yield
        finally:
            if is_trial and (row := self._rows.get(authority)) is not None:
                row.trying = False

    def distrusts(self, authority: Hashable) -> bool:
        """Whether the last host of *authority* has ended."""
        return authority in self._rows

    def worked(self, authority: Hashable) -> None:
        """A host of *authority* has answered."""
        self._rows.pop(authority, None)

    def failed(self, authority: Hashable, reason: FailureReason) -> None:
        """A host of *authority* has ended, or could not load its rule, for *reason*."""
        if reason not in _COUNTED:
            return
        row = self._rows.get(authority)
        if row is None or (row.paused is None and row.since.passed()):
            row = self._rows[authority] = _Row()
        self._rows.move_to_end(authority)
        row.failures += 1
        if row.failures >= FAILURES:
            row.paused = Deadline.after(_pause_s(row.failures))
        while len(self._rows) > _REMEMBERED:
            self._rows.popitem(last=False)

    def _admit(self, authority: Hashable) -> bool:
        """Whether it is the one that tries after a pause."""
        row = self._rows.get(authority)
        if row is None or row.paused is None:
            return False
        if row.trying or not row.paused.passed():
            raise HostEndedError(
                FailureReason.OVERLOADED,
                f"the rule failed {row.failures} times in a row: it pauses for {_pause_s(row.failures):g} s",
                pauses_for_s=max(row.paused.remaining_s(), TRIAL_S),
            )
        row.trying = True
        return True


def _pause_s(failures: int) -> float:
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (failures - FAILURES))
