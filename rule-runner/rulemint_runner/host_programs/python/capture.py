"""What a rule prints or logs becomes line frames, while it still runs."""

import io
import logging
import sys

from channel import Channel

MAX_LINE_CHARACTERS = 8 * 1024


class Lines(io.TextIOBase):
    """A text stream whose every line is one frame."""

    encoding = "utf-8"

    def __init__(self, channel: Channel, level: str) -> None:
        self._channel = channel
        self._level = level
        self._rest = ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Send the lines that *text* completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            write_line(self._channel, self._level, line)
        if len(self._rest) > MAX_LINE_CHARACTERS:
            self.end_line()
        return len(text)

    def end_line(self) -> None:
        """Send what has no line end yet."""
        if self._rest:
            rest, self._rest = self._rest, ""
            write_line(self._channel, self._level, rest)


class LogHandler(logging.Handler):
    """The ``logging`` module's records as line frames."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Send *record*, with its traceback if it has one."""
        write_line(self._channel, level_name(record.levelno), self.format(record))


def capture_output(channel: Channel) -> None:
    """From now on nothing that the rule prints or logs goes anywhere else."""
    sys.stdout = Lines(channel, "info")
    sys.stderr = Lines(channel, "error")
    logging.basicConfig(handlers=[LogHandler(channel)], level=logging.INFO, format="%(message)s")


def flush() -> None:
    """End the lines that are still open."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Lines):
            stream.end_line()


def write_line(channel: Channel, level: str, text: str) -> None:
    """Send one line; what is too long is cut, with a mark."""
    if len(text) > MAX_LINE_CHARACTERS:
        text = f"{text[:MAX_LINE_CHARACTERS]}… [cut]"
    channel.write({"t": "line", "level": level, "text": text.encode("utf-8", "backslashreplace").decode()})


def level_name(number: int) -> str:
    """One of our four levels for one of ``logging``'s numbers."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    return "info" if number >= logging.INFO else "debug"
