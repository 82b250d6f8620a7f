"""Frames over descriptors of our own: a 4-byte big-endian length, then JSON.

They came as 0 and 1. Here 0 is empty and 1 joins the engine's own output, so that a raw write cannot break a frame by
accident.
"""

import json
import os
from select import select as _select  # before it waits by the clock of the rule

from clock import CLOCK
from contract import CONTRACT
from draws import may_read

_write = os.write
USUAL_BYTES = CONTRACT["packet_bytes"]
"""Most frames come with a single read of so many."""
_REPLIES = frozenset({"reply", "stored"})


class Channel:
    """This host's end of the channel."""

    def __init__(self) -> None:
        self._input, self._output = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self._encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
        self._decode = json.loads
        self._unread = b""
        self._expected: dict = {}
        """The replies that event loops wait for: number → future."""

    def read_reply(self, number: int) -> dict | None:
        """The reply of this *number*; None once the runner has hung up.

        A run that precedes it has not begun, and another host is to run it.

        A reply that nobody waits for any more, because a signal's handler raised, is nobody's.
        """
        while (frame := self.read()) is not None:
            if frame.get("id") == number and frame["t"] != "run":
                return frame
            self._hand_over(frame)
        return None

    def next_run(self) -> dict | None:
        """The next invocation; None once the runner has hung up.

        A reply that comes instead is of a call that the rule gave up, and is nobody's.
        """
        while (frame := self.read()) is not None and frame["t"] != "run":
            pass
        return frame

    def expect(self, number: int, reply: object, loop: object) -> None:
        """Have *loop* read, until `forget`, and the future *reply* get the reply of this *number*."""
        self._expected[number] = reply
        loop.add_reader(self._input, self._read_for_loop)

    def forget(self, number: int, loop: object) -> None:
        """Nobody waits for the reply of this *number* any more."""
        del self._expected[number]
        if not self._expected and not loop.is_closed():
            loop.remove_reader(self._input)

    def _read_for_loop(self) -> None:
        if CLOCK.is_busy or not may_read(CLOCK.replies):  # the rule, or the tape of a replay, has something before
            return
        if not _select([self._input], [], [], 0)[0]:  # what had come was read by a call that does not await
            return
        frame = self.read()
        if frame is None:
            raise SystemExit
        self._hand_over(frame)

    def _hand_over(self, frame: dict) -> None:
        """Give *frame* to the future that waits for it; a run that came in its place goes back."""
        if frame["t"] == "run":
            self.write({"t": "not-begun", "n": frame["n"]})
            return
        reply = self._expected.get(frame.get("id"))
        if reply is not None and not reply.done():
            reply.set_result(frame)

    def read(self) -> dict | None:
        """The next frame; None once the runner has hung up."""
        unread, size = bytearray(self._unread), -1
        while len(unread) < 4 or len(unread) < 4 + (size := int.from_bytes(unread[:4], "big")):
            chunk = os.read(self._input, USUAL_BYTES)
            if not chunk:
                return None
            unread += chunk
        del unread[:4]
        if len(unread) == size:  # of a long frame nothing is there twice
            text, self._unread = unread.decode(), b""
        else:
            text, self._unread = unread[:size].decode(), bytes(unread[size:])
        del unread
        frame = self._decode(text)
        if frame["t"] in _REPLIES:
            CLOCK.reply_read(frame["now_ms"])
        return frame

    def write(self, *frames: dict) -> None:
        """Send *frames*, together; returns once all of them are written."""
        bodies = [self._encode(frame).encode() for frame in frames]
        rest = b"".join(len(body).to_bytes(4, "big") + body for body in bodies)
        while rest:
            rest = rest[_write(self._output, rest) :]
