from __future__ import annotations

from rulemint_shared.streams.rounds import Pauses

PAUSES = Pauses(shortest_s=0.02, each_stream_s=0.002, longest_s=0.1)


def test_a_round_for_few_streams_is_followed_by_the_shortest_pause() -> None:
    assert PAUSES.after(0) == PAUSES.after(1) == PAUSES.after(10) == PAUSES.shortest_s


def test_each_stream_more_makes_the_pause_longer() -> None:
    assert PAUSES.shortest_s < PAUSES.after(11) < PAUSES.after(12) < PAUSES.longest_s


def test_no_record_waits_longer_than_the_longest_pause() -> None:
    assert PAUSES.after(1_000_000) == PAUSES.longest_s
