"""A host that becomes its rule: why it has not, if it has not."""

from __future__ import annotations

from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError, more_than_memory, with_first_line
from rulemint_runner.hosts.usage import ProcessorTurns
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import FailureReason

COMPUTED_ENOUGH_S, COMPUTED_ENOUGH_AT_FIRST_S = 0.1, 2.0
"""A rule that had so much processor time, and has not loaded, does not load; one that nobody knows has more."""


class Loading:
    """One load, from its frame on."""

    def __init__(
        self, load: frames.Load, pid: int, *, priority: Priority, computed_s: float, within_s: float, is_known: bool
    ) -> None:
        """The host *pid* has *priority* and has used *computed_s* of processor time.

        *is_known*: the rule has run before, so a low priority is its own fault.
        """
        self._has_packages = load.packages != frames.NO_PACKAGES
        self._may_stand_back = not is_known
        self._is_first_choice = priority is Priority.USUAL
        self._began_s = computed_s
        self._within_s = within_s
        self._turns = ProcessorTurns(pid)

    def why_too_late(self, computed_s: float) -> tuple[FailureReason, str]:
        """The reason to end the host, which has used *computed_s* by now: the rule's fault or the machine's."""
        if self._was_kept_from_it(computed_s - self._began_s):
            return FailureReason.OVERLOADED, "the machine did not let the host load the rule"
        what = "the packages take" if self._has_packages else "the rule takes"
        return FailureReason.TIMEOUT, f"{what} longer than {self._within_s:g} s to load"

    def _was_kept_from_it(self, computed_s: float) -> bool:
        """A host that stands back because its rule ended others waits for its turn by its own fault."""
        if self._may_stand_back:
            return computed_s < COMPUTED_ENOUGH_AT_FIRST_S and self._turns.were_denied()
        return self._is_first_choice and computed_s < COMPUTED_ENOUGH_S and self._turns.were_denied()


def explained(error: HostEndedError) -> HostEndedError:
    """*error* of a host that ended while it loaded, in words for the rule's author."""
    if error.reason not in {FailureReason.OUT_OF_MEMORY, FailureReason.CRASHED}:
        return error
    return HostEndedError(error.reason, f"while the rule was loaded: {error.detail}")


def not_loaded(answer: frames.NotLoaded, memory_mb: int) -> RuleNotLoadedError:
    """The error that *answer* stands for, of a rule that may have *memory_mb*."""
    reason = FailureReason(answer.kind)
    more = f"; {more_than_memory(memory_mb)}" if reason is FailureReason.OUT_OF_MEMORY else ""
    return RuleNotLoadedError(reason, with_first_line(answer.text, more))
