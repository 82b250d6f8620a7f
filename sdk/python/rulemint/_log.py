"""The log of one run, bounded and masked as the runner's."""

from __future__ import annotations

from collections.abc import Iterable

from rulemint._contract.bounds import LOG_IS_FULL, MAX_LINE_CHARACTERS, MAX_LINES, MAX_LOG_BYTES
from rulemint._contract.masks import Mask
from rulemint.results import Level, LogLine


class Log:
    """Takes the lines of one run."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.mask = Mask(secrets)
        self.lines: list[LogLine] = []
        self._room = MAX_LOG_BYTES
        self._is_full = False

    def write(self, level: Level, text: str) -> None:
        """Take a line of the rule; the first that is too much is replaced by a mark."""
        if self._room >= 0 and len(self.lines) < MAX_LINES:
            masked = self.mask(text)
            self._room -= len(masked.encode(errors="surrogatepass"))
            if self._room >= 0:
                self.add(level, masked)
                return
        if not self._is_full:
            self._is_full = True
            self.add("warn", LOG_IS_FULL)

    def add(self, level: Level, text: str) -> None:
        """Add a line about the rule."""
        cut = len(text) > MAX_LINE_CHARACTERS + 16
        self.lines.append(LogLine(level, f"{text[:MAX_LINE_CHARACTERS]}… [cut]" if cut else text))
