"""The clock as a rule sees it.

It stands still while the rule computes, and moves when a reply arrives or a timer fires: so a run that is fed the same
stamps sees the same clock. The host's own times, and the runner's, are real.
"""

import time

import draws

_monotonic, _time_ns, _sleep = time.monotonic, time.time_ns, time.sleep
_MOST_LOOKS = 64
"""A loop that always has something to do waits for no reply, so after so many looks it gets one all the same."""


class Clock:
    """The clock of this host. Its methods of the names in ``time`` take the place of those."""

    def __init__(self) -> None:
        self._now_ms = 0.0
        """The rule's time, since 1970; 0 while there is no rule."""
        self._loaded_ms = 0.0
        """The same as the rule was loaded: what is monotonic counts from there."""
        self._since_s = 0.0
        """The real moment in which it was set, of which timers count on."""
        self._replies = 0
        """Replies that were read in this run."""
        self._busy_looks = 0
        """So often an event loop has looked for events while it had something to do, since it was last given one."""

    # ---- what moves it ----

    def load_at(self, now_ms: float) -> None:
        """A rule is loaded at *now_ms*; at 0 by the clock of this machine."""
        self.begin(now_ms)
        self._loaded_ms = self._now_ms

    def begin(self, now_ms: float) -> None:
        """A run begins.

        The runner may have sent it while the one before ran, so that the clock may go back a little.
        """
        self._now_ms = now_ms or _time_ns() / 1_000_000
        self._since_s = _monotonic()
        self._replies = self._busy_looks = 0

    def reply_read(self, now_ms: float) -> None:
        """A reply was read, which the runner sent at *now_ms*."""
        self._replies += 1
        self._busy_looks = min(self._busy_looks, 1)  # what the loop has found to do, it still has
        self._now_ms = max(self._now_ms, now_ms or self._real_ms())
        self._since_s = _monotonic()

    def fired(self, due_ms: float = 0.0) -> None:
        """A timer fired, or a wait is over, which was due at *due_ms*."""
        taped = draws.replayed_time(self._replies)
        self._now_ms = max(self._now_ms, max(due_ms, self._real_ms()) if taped is None else taped)
        self._since_s = _monotonic()
        draws.note({"kind": "clock", "now_ms": self._now_ms, "after": self._replies})

    def wait(self, wait: object, timeout_s: float | None, *, for_replies: bool = False) -> object:
        """Return what *wait* does, which waits so long for something: if nothing comes, the clock moves.

        A replay waits for what the tape has next: a reply, if it may come of one.
        """
        if timeout_s is not None and timeout_s <= 0:
            self._busy_looks += for_replies
            return wait(timeout_s)
        self._busy_looks = 0
        due_ms = 0.0 if timeout_s is None else self.due_ms(timeout_s)
        if draws.is_next_clock(self._replies):
            self.fired(due_ms)
            self._busy_looks = 1  # live nothing had come
            return wait(0)
        if for_replies and draws.is_next_reply(self._replies):
            return wait(None)
        came = wait(timeout_s)
        if not came:
            self.fired(due_ms)
        return came

    def due_ms(self, within_s: float) -> float:
        """Return the time that it shows so much later."""
        return self._now_ms + float(within_s) * 1000

    @property
    def is_busy(self) -> bool:
        """Tell whether the loop that has just looked for events has something to do before it gets any.

        So between two replies, or a reply and a timer, a rule does all that it does upon the first, live and replayed.
        """
        return 0 < self._busy_looks < _MOST_LOOKS

    @property
    def replies(self) -> int:
        """Count the replies that were read in this run."""
        return self._replies

    def _real_ms(self) -> float:
        return self._now_ms + (_monotonic() - self._since_s) * 1000

    # ---- what `time` has ----

    def time(self) -> float:
        """Seconds since 1970."""
        return self._now_ms / 1000

    def time_ns(self) -> int:
        """Nanoseconds since 1970, in whole microseconds."""
        return round(self._now_ms * 1000) * 1000

    def monotonic(self) -> float:
        """Seconds since the rule was loaded."""
        return (self._now_ms - self._loaded_ms) / 1000

    def monotonic_ns(self) -> int:
        """Nanoseconds since the rule was loaded."""
        return round((self._now_ms - self._loaded_ms) * 1000) * 1000

    def sleep(self, seconds: float) -> None:
        """Wait. In a replay no time passes in which the tape has the wait over."""
        due_ms = self.due_ms(seconds) if isinstance(seconds, int | float) else 0.0
        _sleep(0 if seconds > 0 and draws.is_next_clock(self._replies) else seconds)
        self.fired(due_ms)


CLOCK = Clock()
