"""The brake: a rule whose hosts keep ending waits before it costs another one.

Theory of operation. Each authority has a level, as a leaky bucket has: an ending raises it by one, an answer lowers it
by a tenth, and it falls by itself by one in half a minute. So a rule that mostly works is never stopped, and one that
mixes answers into its crashes is. Above the limit it pauses. After the pause one invocation goes ahead, and nobody
beside it; if its host ends too, the next pause is twice as long. Who waited for something that did not come pauses
half a minute at most, for it costs little; who computed until it was ended pauses for as long as that is worth.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rulemint_runner.hosts.host import HostEndedError
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import MAX_PAUSE_MS, FailureReason

FAILURES = 3
"""So many, one soon after the other, are too many: each costs processor time that others would have had."""
FORGOTTEN_AFTER_S = 30.0
"""Each of them, if nothing else happens."""
ANSWERS_FOR_A_FAILURE = 10
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 30.0
PAUSE_FOR_COST = 300
"""For what an ended invocation computed, so many times as long: a third of a percent of a processor."""
LONGEST_COSTLY_PAUSE_S = MAX_PAUSE_MS / 1000
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
class _Record:
    """What is remembered of one authority."""

    level: float = 0.0
    as_of_s: float = field(default_factory=time.monotonic)
    pauses: int = 0
    paused: Deadline | None = None
    trying: bool = False
    last_ended: bool = True
    """Whether its last invocation ended its host."""

    def change(self, by: float) -> None:
        """Let the level leak, then change it; it never gets so high that half a minute would not help."""
        now_s = time.monotonic()
        leaked = max(0.0, self.level - (now_s - self.as_of_s) / FORGOTTEN_AFTER_S)
        self.level, self.as_of_s = min(float(FAILURES), max(0.0, leaked + by)), now_s


class Brake:
    """Remembers who failed; knows nothing of hosts."""

    def __init__(self) -> None:
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()

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
            if is_trial and (record := self._records.get(authority)) is not None:
                record.trying = False

    def priority(self, authority: Hashable) -> Priority:
        """Of a host of *authority*: low after one that has ended, and whatever is left after a pause for it."""
        record = self._records.get(authority)
        if record is None or not record.last_ended:
            return Priority.USUAL
        return Priority.IDLE if record.pauses else Priority.LOW

    def worked(self, authority: Hashable) -> None:
        """A host of *authority* has answered."""
        record = self._records.get(authority)
        if record is None:
            return
        record.last_ended, record.paused = False, None
        record.change(-1 / ANSWERS_FOR_A_FAILURE)
        if not record.level:
            del self._records[authority]

    def failed(self, authority: Hashable, reason: FailureReason, *, computed_s: float = 0.0) -> None:
        """A host of *authority* has ended, or could not load its rule, for *reason*, having *computed_s*."""
        if reason not in _COUNTED:
            return
        record = self._records.setdefault(authority, _Record())
        self._records.move_to_end(authority)
        record.last_ended = True
        record.change(+1)
        if record.level > FAILURES - 1:
            usual_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**record.pauses)
            record.paused = Deadline.after(max(usual_s, min(LONGEST_COSTLY_PAUSE_S, computed_s * PAUSE_FOR_COST)))
            record.pauses += 1
        while len(self._records) > _REMEMBERED:
            self._records.popitem(last=False)

    def _admit(self, authority: Hashable) -> bool:
        """Whether it is the one that tries after a pause."""
        record = self._records.get(authority)
        if record is None or record.paused is None:
            return False
        if record.trying or not record.paused.passed():
            left_s = max(record.paused.remaining_s(), TRIAL_S)
            raise HostEndedError(
                FailureReason.OVERLOADED,
                f"the rule's hosts keep ending: it pauses for {left_s:.1f} s",
                pauses_for_s=left_s,
            )
        record.trying = True
        return True
