"""The runner's end of a rule's channel, in memory: it has the reply of everything that the rule asks for at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rulemint._contract import calls, failures
from rulemint._egress import Calls
from rulemint._log import Log
from rulemint._state import Document

NOBODY = "there is no invocation: `run_rule` runs a rule that calls this, and a host makes no call while a rule loads"


@dataclass
class Run:
    """One run of a rule: who takes its lines, makes its calls and keeps what it stores."""

    log: Log
    calls: Calls
    storage: Document


class Channel:
    """Takes the frames that a host would write."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self._replies: dict[int, dict[str, Any]] = {}

    def write(self, *frames: dict[str, Any]) -> None:
        """Do what *frames* say."""
        for frame in frames:
            if frame["t"] == "line":
                if self.run is not None:
                    self.run.log.write(frame["level"], frame["text"])
            else:
                self._replies[frame["id"]] = self._reply(frame)

    def read_reply(self, number: int) -> dict[str, Any]:
        """The reply to the frame with this *number*."""
        return self._replies.pop(number)

    def _reply(self, frame: dict[str, Any]) -> dict[str, Any]:
        if self.run is None or frame["n"] == 0:
            return {"error": NOBODY, "code": failures.UNSUPPORTED}
        return self.run.calls.reply(frame) if frame["t"] == "call" else self.run.storage.reply(frame)


CHANNEL = Channel()
"""One for all rules, because ``rulemint.fetch`` is one function. It serves one run at a time."""
CALLS = calls.Calls(CHANNEL)
