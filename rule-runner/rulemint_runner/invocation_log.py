"""The log of one invocation: bounded, masked, published as it grows and kept for its record."""

from __future__ import annotations

from collections.abc import Callable

from rulemint_runner.hosts.frames import Line
from rulemint_shared.deadline import unix_ms
from rulemint_shared.messages import (
    Invocation,
    InvocationEnded,
    InvocationStarted,
    Level,
    LogLine,
    LogRecord,
    Outcome,
    RuleRef,
    outcome_name,
)

MAX_LINES = 4_096
MAX_CHARACTERS = 256 * 1024
MAX_LINE_CHARACTERS = 8 * 1024


class InvocationLog:
    """Takes the lines of one invocation, whichever rule writes them."""

    def __init__(self, invocation: Invocation, publish: Callable[[LogRecord], None]) -> None:
        self.lines: list[LogLine] = []
        self.left_out = 0
        self._invocation = invocation
        self._publish = publish
        self._characters = 0

    def started(self) -> None:
        """A runner has taken the invocation up."""
        first = self._invocation.flow[0]
        self._publish(
            InvocationStarted(
                ts_ms=unix_ms(),
                invocation=self._invocation.id,
                client_id=self._invocation.client.id,
                audience=self._invocation.audience,
                rule=first.name,
                version=first.version,
            )
        )

    def writer(self, rule: RuleRef, mask: Callable[[str], str]) -> Callable[[Line], None]:
        """What takes the lines of *rule*, each through *mask*."""

        def write(line: Line) -> None:
            self.add(rule, line.level, mask(line.text))

        return write

    def add(self, rule: RuleRef, level: Level, text: str) -> None:
        """One line of *rule*; beyond the limits lines are counted instead, and the first of them is marked."""
        if len(text) > MAX_LINE_CHARACTERS + 16:
            text = f"{text[:MAX_LINE_CHARACTERS]}… [cut]"
        if self.left_out or len(self.lines) >= MAX_LINES or self._characters + len(text) > MAX_CHARACTERS:
            self.left_out += 1
            if self.left_out > 1:
                return
            level, text = Level.WARN, "[the log of this invocation is full: further lines are left out]"
        self._characters += len(text)
        line = LogLine(
            ts_ms=unix_ms(),
            invocation=self._invocation.id,
            client_id=self._invocation.client.id,
            rule=rule.name,
            version=rule.version,
            level=level,
            message=text,
        )
        self.lines.append(line)
        self._publish(line)

    def ended(self, rule: RuleRef, outcome: Outcome, *, duration_ms: float, message: str) -> None:
        """The invocation has its outcome; *rule* decided it."""
        self._publish(
            InvocationEnded(
                ts_ms=unix_ms(),
                invocation=self._invocation.id,
                client_id=self._invocation.client.id,
                audience=self._invocation.audience,
                rule=rule.name,
                version=rule.version,
                outcome=outcome_name(outcome),
                duration_ms=duration_ms,
                message=message,
            )
        )
