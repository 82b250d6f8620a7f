"""Say why a host gives no answer.

Exception
├── HostEndedError      it ended, or was ended
└── RuleNotLoadedError  the rule's text cannot be run
"""

from __future__ import annotations

from rulemint_runner.hosts.pause import Pause
from rulemint_shared.contract.messages import FailureReason


class HostEndedError(Exception):
    """The host ended, or was ended, before it had answered."""

    def __init__(self, reason: FailureReason, detail: str, *, pause: Pause | None = None) -> None:
        """*pause*: what the rule does now."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.pause = pause


class RuleNotLoadedError(Exception):
    """The rule's text cannot be run; *text* has its file, line and message."""

    def __init__(self, reason: FailureReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.pause: Pause | None = None


def more_than_memory(memory_mb: int) -> str:
    """Say that a rule had no memory left, in words for its author."""
    return f"the rule needs more than its memory_mb, which is {memory_mb} MiB: raise limits.memory_mb"


def with_first_line(text: str, more: str) -> str:
    """*text*, whose first line also says *more*."""
    first, end, rest = text.partition("\n")
    return f"{first}{more}{end}{rest}"
