"""The turns that a host was sent and has not done: the first one runs, and the others wait in its socket.

Theory of operation. A host runs one turn at a time, in the order in which it got them, and reads the next only when it
has said `Idle` of the one before. So everything that it says is about the first turn here, whose number it must bear,
and the limits of lines and bytes begin anew with each. A turn has begun once the host has read it. Until then it can be
taken back from the socket (`to_host`), so that no turn waits behind one that takes long, or ends with its host.

There is one timer, for the first turn only. It runs a little after the turn has begun, if others wait behind it. It
runs when the turn has to have answered, and when the host has to be idle after that.

All of it stands in one class, because it shares that timer and the first turn.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from time import monotonic

from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.pipe_user import NOBODY
from rulemint_runner.hosts.turn import Answer, Place, Seeds, Turn
from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.channel import Channel
from rulemint_runner.hosts.wire.frames import (
    CacheChanged,
    Call,
    Idle,
    Line,
    NotBegun,
    Noted,
    StorageGet,
    StorageSet,
    Traced,
)
from rulemint_runner.hosts.wire.outbound import OutboundCalls
from rulemint_runner.hosts.wire.state_calls import StateCalls
from rulemint_shared.contract.messages import FailureReason, HostStart

LATE_S = 0.02
"""A turn that takes longer keeps nobody waiting behind it."""
IDLE_TIMEOUT_S = 1.0
"""The time that a host may take after its answer to be idle again."""
MAX_BYTES_PER_RUN = 4 * 1024 * 1024
"""All frames together: reading them must not take the runner from others."""
MAX_LINE_CHARACTERS_PER_RUN = 1024 * 1024
"""Four times what is kept of a log."""
OVERDUE = {
    FailureReason.TIMEOUT: "the rule did not answer in time",
    FailureReason.LATE: "most of the request's time had passed before its rules ran",
}

_numbers = itertools.count(1)
"""Of hosts: no two of this process have the same."""

Kill = Callable[[FailureReason, str], None]


class Pipe:
    """The turns of one host."""

    def __init__(self, pid: int, channel: Channel, kill: Kill, kill_overdue: Kill) -> None:
        """*kill_overdue* is for a turn whose time is up: the host may say first where it is."""
        self.user = NOBODY
        self.seeds = Seeds()
        """Of this host."""
        self.place = Place(next(_numbers), HostStart.COLD)
        self.runs = 0
        """Turns that it came to."""
        self.dropped_lines = 0
        """Lines that came too late for the log of their own invocation."""
        self.idle = asyncio.Event()
        """Set while there are no turns."""
        self.idle.set()
        self.load_line: Callable[[Line], None] = ignore_line
        """Takes the lines of no turn."""
        self.began_s = 0.0
        """The time at which the first turn began, or has answered, on the monotonic clock."""
        self._pid = pid
        self._channel = channel
        self._kill = kill
        self._kill_overdue = kill_overdue
        self._turns: deque[Turn] = deque()
        self._is_answered = False
        self.has_asked = False
        """The first turn waits for a reply, or has: nothing waits behind it, and what it is sent stays."""
        self._outbound = OutboundCalls(channel)
        self._state_calls = StateCalls(channel)
        self._bytes = 0
        self._characters = 0
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at_s = 0.0
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        """Count the turns that the host was sent and has not done."""
        return len(self._turns)

    def __contains__(self, turn: Turn) -> bool:
        """Tell whether *turn* is among them."""
        return turn in self._turns

    def send(self, turn: Turn) -> bool:
        """Send *turn*; False if it has to wait until the host is idle. One that is long is alone."""
        packets = turn.packets()
        if not self._turns:
            self._channel.write_packets(packets)
            self._turns.append(turn)
            self.idle.clear()
            self._begin(turn)
        elif len(packets) > 1 or len(self._turns[0].packets()) > 1 or not self._channel.send_at_once(packets[0]):
            turn.forget_packets()
            return False
        else:
            self._turns.append(turn)
        if len(self._turns) <= 2:
            self._look_in_time()
        return True

    def count(self, size: int) -> None:
        """Note that a frame of *size* bytes arrived; too many in one turn end the host."""
        self._bytes += size
        if self._bytes > MAX_BYTES_PER_RUN:
            self._kill(FailureReason.OUTPUT_FLOOD, f"more than {MAX_BYTES_PER_RUN} bytes in one invocation")

    def take(self, frame: frames.FromHost) -> None:
        """Act on a frame that arrived."""
        if isinstance(frame, Idle):
            self._take_idle(frame)
        elif isinstance(frame, Line):
            self._take_line(frame)
        elif isinstance(frame, Call):
            self._note_that_it_asks()
            self._outbound.take(frame)
        elif isinstance(frame, StorageGet | StorageSet):
            self._note_that_it_asks()
            self._state_calls.take(frame)
        elif isinstance(frame, CacheChanged):
            self._state_calls.take(frame)
        elif isinstance(frame, Noted):
            self._take_noted(frame)
        elif isinstance(frame, Traced):
            self._take_traced(frame)
        elif isinstance(frame, NotBegun):
            self._take_not_begun(frame)
        elif isinstance(frame, Answer) and self._turns and not self._is_answered:
            self._take_answer(self._turns[0], frame)
        else:
            self._kill(FailureReason.CRASHED, f"the host sent {type(frame).__name__} unasked")

    def end(self, why: HostEndedError) -> None:
        """The host is gone, because of *why*."""
        unread = self._unread(self._channel.take_back(), self._turns)
        begun = [turn for turn in self._turns if turn not in unread]
        if self._is_answered:
            del begun[:1]
        self._turns.clear()
        self._is_answered = False
        self._stop_asking()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.idle.set()
        self.user.ended(begun, unread, why)

    def _begin(self, turn: Turn) -> None:
        self._bytes = self._characters = 0
        self._is_answered = self.has_asked = False
        self.began_s = turn.began_s = monotonic()
        turn.place, turn.runs_before = self.place, self.runs
        self.runs += 1
        turn.seeds = self.seeds
        turn.begin(self._pid)
        self._outbound.open(turn.fetch, turn.number)
        self._state_calls.open(turn, turn.number)
        self.user.began(turn)

    def _take_answer(self, turn: Turn, answer: Answer) -> None:
        if answer.n != turn.number:
            self._kill(FailureReason.CRASHED, "the host answered another invocation")
            return
        self._is_answered = True
        self.began_s = monotonic()
        self._stop_asking()  # at once: the next frame may be here already
        self.user.answered(turn, answer)
        if len(self._turns) == 1:
            self._look_in_time()

    def _take_idle(self, idle: Idle) -> None:
        if not self._is_answered or idle.n != self._turns[0].number:
            self._kill(FailureReason.CRASHED, "the host was idle out of turn")
            return
        self.dropped_lines += idle.dropped
        self._turns.popleft()
        self._is_answered = False
        self.user.over(idle)
        if self._turns:
            self._begin(self._turns[0])
        else:
            self.idle.set()
        self.user.has_room()

    def _take_not_begun(self, given_back: NotBegun) -> None:
        """It was in the place of a reply, and goes elsewhere: the rule asked before what waits was taken back."""
        turn = next((turn for turn in islice(self._turns, 1, None) if turn.number == given_back.n), None)
        if turn is None:
            self._kill(FailureReason.CRASHED, "the host gave back what it was not sent")
        else:
            self._turns.remove(turn)
            self.user.taken_back([turn])

    def _take_line(self, line: Line) -> None:
        number = self._turns[0].number if self._turns else 0
        if line.n not in {0, number}:
            self.dropped_lines += 1
            return
        self._characters += len(line.text)
        if self._characters > MAX_LINE_CHARACTERS_PER_RUN:
            self._kill(FailureReason.OUTPUT_FLOOD, f"more than {MAX_LINE_CHARACTERS_PER_RUN} characters of log")
        elif self._turns:
            self._turns[0].take_line(line)
        else:
            self.load_line(line)

    def _take_noted(self, draw: Noted) -> None:
        """Of a run that has answered, and of none, nobody wants to know."""
        if self._turns and not self._is_answered and draw.n == self._turns[0].number:
            self._turns[0].noted(draw)

    def _take_traced(self, traced: Traced) -> None:
        """Of a run that has answered, and of none, nobody wants to know."""
        if self._turns and not self._is_answered and traced.n == self._turns[0].number:
            self._turns[0].traced(traced)

    def _note_that_it_asks(self) -> None:
        """The reply would wait behind the next turns, so they leave."""
        if not self.has_asked:
            self.take_back()
            self.has_asked = True
            self.user.asked()

    def _stop_asking(self) -> None:
        self._outbound.close()
        self._state_calls.close()

    # ---- time ----

    def _look_in_time(self) -> None:
        """Have the timer look when there will be something to see."""
        at_s = self.began_s + IDLE_TIMEOUT_S if self._is_answered else self._turns[0].until.monotonic_s
        if len(self._turns) > 1:
            at_s = min(at_s, self.began_s + LATE_S)
        if self._timer is not None:
            if self._looks_at_s <= at_s:
                return
            self._timer.cancel()
        self._looks_at_s = at_s
        self._timer = self._loop.call_later(max(0.0, at_s - monotonic()), self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._turns:
            return
        now_s, turn = monotonic(), self._turns[0]
        if self._is_answered:
            if now_s >= self.began_s + IDLE_TIMEOUT_S:
                self._kill(FailureReason.TIMEOUT, "the rule went on after its answer")
                return
        elif now_s >= turn.until.monotonic_s:
            self._kill_overdue(turn.overdue(), turn.why_overdue())
            return
        if now_s >= self.began_s + LATE_S:
            self.take_back()
        self._look_in_time()

    # ---- taking back ----

    def take_back(self) -> None:
        """Take back what waits behind the first turn, to run elsewhere.

        The host may read while the runner takes. Then the host has a turn from between those taken, or has one behind
        the first and not the first.
        """
        if len(self._turns) < 2 or self.has_asked:
            return
        first, taken = self._turns[0], self._channel.take_back()
        unread = self._unread(taken, islice(self._turns, 1, None))
        gone = {turn.packets()[0] for turn in unread}
        self._channel.write_packets([packet for packet in taken if packet not in gone])  # of the first
        self._turns = deque(turn for turn in self._turns if turn not in unread)
        if len(self._turns) > 1 and first.packets()[0] in taken:
            self._turns.rotate(-1)  # the host came to another before it
            self._begin(self._turns[0])
        if unread:
            self.user.taken_back(unread)

    def _unread(self, taken: Sequence[bytes], turns: Iterable[Turn]) -> list[Turn]:
        """Those of *turns* that the host has not come to: a packet tells by its number whose it is."""
        if not taken:
            return []
        found = set(taken)
        return [turn for turn in turns if turn.packets()[0] in found]


def ignore_line(_line: Line) -> None:
    """A line outside of any invocation belongs to nobody."""
