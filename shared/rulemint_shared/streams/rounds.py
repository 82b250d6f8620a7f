"""Say how long to wait between two rounds of additions: the longer, the more streams the last one went to.

Each stream of a round costs the server a command, however few records join it. With one busy tenant a short pause
collects many records for one command. With a hundred tenants it would collect one for each, so they wait a little more.
"""

from __future__ import annotations

from typing import NamedTuple


class Pauses(NamedTuple):
    """The pauses of one writer, in seconds."""

    shortest_s: float
    each_stream_s: float
    """For each stream of the last round."""
    longest_s: float

    def after(self, streams: int) -> float:
        """The pause after a round that went to so many streams."""
        return min(self.longest_s, max(self.shortest_s, streams * self.each_stream_s))
