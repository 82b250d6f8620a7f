# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/capture.py: change that, and run `make sdk`.
"""Turn what a rule prints or logs into line frames, while it still runs."""

import io
import logging
import sys
import weakref

from rulemint._contract import invocation
from rulemint._contract import paths
from rulemint._channel import Channel
from rulemint._contract.contract import CONTRACT

MAX_LINE_CHARACTERS = CONTRACT["line_characters"]


class Lines(io.TextIOBase):
    """A text stream whose every line is one frame."""

    encoding = "utf-8"
    errors = "backslashreplace"
    mode = "w"

    def __init__(self, channel: Channel, level: str) -> None:
        self.name = "<stderr>" if level == "error" else "<stdout>"
        self._channel = channel
        self._level = level
        self._rest = ""
        self._of = invocation.LOADING

    @property
    def buffer(self) -> io.RawIOBase:
        """The same stream for bytes."""
        return _Bytes(self)

    def reconfigure(self, **_named: object) -> None:
        """Take what programs set of a terminal; here it changes nothing."""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Send the lines that *text* completes, of what its own invocation has written."""
        whose = invocation.current()
        if whose is not self._of:
            self.end_line()
            self._of = whose
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            write_line(self._channel, self._level, line)
        if len(self._rest) > MAX_LINE_CHARACTERS:
            self.end_line()
        return len(text)

    def close(self) -> None:
        """End the line; the log stays open, as programs close what they believe to be a file."""
        self.end_line()

    def end_line(self) -> None:
        """Send what has no line end yet."""
        if self._rest:
            rest, self._rest = self._rest, ""
            write_line(self._channel, self._level, rest, self._of)


class _Bytes(io.RawIOBase):
    """Takes bytes for a stream of lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: bytes) -> int:
        """Write *data* as text; what is no UTF-8 is shown as its numbers."""
        self._lines.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)


class LogHandler(logging.Handler):
    """The ``logging`` module's records as line frames."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel
        self._whose: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
        make = logging.getLogRecordFactory()

        def make_record(*arguments: object, **named: object) -> logging.LogRecord:
            record = make(*arguments, **named)
            self._whose[record] = invocation.current()
            return record

        logging.setLogRecordFactory(make_record)

    def emit(self, record: logging.LogRecord) -> None:
        """Send *record*, with its traceback if it has one.

        Some handlers keep records for later, so it names its maker.
        """
        write_line(self._channel, level_name(record.levelno), self.format(record), self._whose.get(record))


_streams: list[Lines] = []


def capture_output(channel: Channel) -> None:
    """From now on nothing that the rule prints or logs goes anywhere else."""
    sys.stdout = sys.__stdout__ = Lines(channel, "info")
    sys.stderr = sys.__stderr__ = Lines(channel, "error")
    _streams[:] = [sys.stdout, sys.stderr]
    logging.basicConfig(handlers=[LogHandler(channel)], level=logging.INFO, format="%(message)s")


def flush() -> None:
    """End the lines that are still open."""
    for stream in _streams:
        stream.end_line()


def write_line(channel: Channel, level: str, text: str, whose: invocation.Invocation | None = None) -> None:
    """Send one line of *whose*; what is too long is cut, with a mark. That of one that is gone is nobody's."""
    whose = whose or invocation.current()
    if whose.is_gone:
        invocation.drop()
        return
    text = paths.without_paths(text)
    if len(text) > MAX_LINE_CHARACTERS:
        text = f"{text[:MAX_LINE_CHARACTERS]}… [cut]"
    channel.write(
        {"t": "line", "level": level, "text": text.encode("utf-8", "backslashreplace").decode(), "n": whose.number}
    )


def level_name(number: int) -> str:
    """One of our four levels for one of ``logging``'s numbers."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    return "info" if number >= logging.INFO else "debug"
