"""The log of one invocation: bounded, masked, published as it grows and kept for its record."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from rulemint_runner.egress.invocation_calls import CallReport
from rulemint_runner.hosts.wire.frames import Line
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.log_records import (
    InvocationEnded,
    InvocationStarted,
    Level,
    LogLine,
    LogRecord,
    OutboundCall,
)
from rulemint_shared.contract.messages import Invocation, Outcome, RuleRef, outcome_name
from rulemint_shared.host_contract import HOST_CONTRACT

MAX_LINES = 4_096
MAX_LINE_CHARACTERS = HOST_CONTRACT.line_characters
FULL = "[the log of this invocation is full: further lines are left out]"
_USUAL_PORTS = {0, 80, 443}


class InvocationLog:
    """Takes the lines of one invocation, whichever rule writes them."""

    def __init__(self, invocation: Invocation, publish: Callable[[LogRecord], None]) -> None:
        self.lines: list[LogLine] = []
        self.calls: list[OutboundCall] = []
        self.left_out = 0
        self._invocation = invocation
        self._publish = publish
        self._began_s = perf_counter()

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

    def writer(self, rule: RuleRef, mask: Callable[[str], str], *, max_bytes: int) -> Callable[[Line], None]:
        """Make a writer of the lines of *rule*, each through *mask*, up to *max_bytes* of UTF-8 in all.

        Beyond the limits lines are counted instead, and the first of them is marked.
        """
        room = max_bytes

        def write(line: Line) -> None:
            nonlocal room
            if room >= 0 and len(self.lines) < MAX_LINES:
                text = mask(line.text)
                room -= len(text.encode(errors="surrogatepass"))
                if room >= 0:
                    self.add(rule, line.level, text)
                    return
            self.left_out += 1
            if self.left_out == 1:
                self.add(rule, Level.WARN, FULL)

        return write

    def add(self, rule: RuleRef, level: Level, text: str) -> None:
        """One line about *rule*."""
        if len(text) > MAX_LINE_CHARACTERS + 16:
            text = f"{text[:MAX_LINE_CHARACTERS]}… [cut]"
        line = LogLine(
            ts_ms=unix_ms(),
            invocation=self._invocation.id,
            client_id=self._invocation.client.id,
            rule=rule.name,
            version=rule.version,
            level=level,
            message=text,
            audience=self._invocation.audience,
        )
        self.lines.append(line)
        self._publish(line)

    def called(self, rule: RuleRef, report: CallReport) -> None:
        """*rule* called another service, and that has just ended."""
        since_ms = (perf_counter() - self._began_s) * 1000
        call = OutboundCall(
            ts_ms=unix_ms(),
            invocation=self._invocation.id,
            client_id=self._invocation.client.id,
            rule=rule.name,
            version=rule.version,
            method=report.method,
            host=report.host if report.port in _USUAL_PORTS else f"{report.host}:{report.port}",
            status=report.status,
            duration_ms=report.duration_ms,
            bytes_sent=report.bytes_sent,
            bytes_received=report.bytes_received,
            error=report.error or "",
            audience=self._invocation.audience,
            after_ms=round(max(0.0, since_ms - report.duration_ms), 3),
        )
        self.calls.append(call)
        self._publish(call)

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
