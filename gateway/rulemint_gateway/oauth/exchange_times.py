"""Measure the steps of a token request by one clock: the gateway's, which is never set.

A runner says how long it had the invocation, by its own clock. What is left of the time between leaving and hearing was
spent on the way there and back. The clocks of both machines say how that is divided, and no more. So the steps add up
to the whole, also where those clocks differ.
"""

from __future__ import annotations

import time

from rulemint_shared.contract.messages import Ending


class StepClock:
    """The times of one token request."""

    __slots__ = ("_authenticated_s", "_heard_s", "_started_ms", "_started_s", "left_s", "times")

    def __init__(self, started_ms: int, started_s: float) -> None:
        """It began at *started_ms* since the epoch, which was *started_s* by `time.perf_counter`."""
        self.times: dict[str, float] = {}
        """Fields of its `Timings`, in ms."""
        self.left_s = 0.0
        """The time at which its invocation left the gateway; 0: it has not."""
        self._started_ms = started_ms
        self._started_s = started_s
        self._authenticated_s = started_s
        self._heard_s = 0.0

    def authenticated(self) -> None:
        """The client is who it says."""
        self._authenticated_s = time.perf_counter()
        self.times["authenticate_ms"] = _ms(self._authenticated_s - self._started_s)

    def heard(self, ending: Ending) -> None:
        """The flow has ended, one way or another."""
        self._heard_s = heard_s = time.perf_counter()
        left_s = self.left_s
        if not left_s:
            self.times["gateway_ms"] = _ms(heard_s - self._authenticated_s)
            return
        away_ms = (heard_s - left_s) * 1000
        self.times["gateway_ms"] = _ms(left_s - self._authenticated_s)
        if not ending.picked_up_at_ms:
            self.times["queue_ms"] = round(away_ms, 3)
            return
        # A runner of an earlier version says the time of day only.
        took_ms = min(away_ms, ending.took_ms or max(0, ending.ended_at_ms - ending.picked_up_at_ms))
        left_ms = self._started_ms + (left_s - self._started_s) * 1000
        queue_ms = min(max(0.0, ending.picked_up_at_ms - left_ms), away_ms - took_ms)
        self.times["queue_ms"] = round(queue_ms, 3)
        self.times["rules_ms"] = round(took_ms, 3)
        self.times["return_ms"] = round(away_ms - took_ms - queue_ms, 3)

    def signs(self, at_s: float) -> None:
        """The token is about to be signed."""
        if self._heard_s:
            self.times["validate_ms"] = _ms(at_s - self._heard_s)
        else:
            self.times["gateway_ms"] = _ms(at_s - self._authenticated_s)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
