from __future__ import annotations

from rulemint_gateway.log_hub.batch import Batch, Event
from rulemint_gateway.log_hub.room import Room


class Kept:
    """A holder that knows what it has, and what it lost."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._has: list[Batch] = []
        self.lost: list[Batch] = []

    def keep(self, *batches: Batch) -> None:
        for batch in batches:
            self._has.append(batch)
            self._room.keep(batch, self)

    def send(self, batch: Batch) -> None:
        self._has.remove(batch)
        self._room.leave(batch, self)

    def oldest(self) -> Batch:
        return self._has[0]

    def lose(self, batch: Batch) -> Batch | None:
        place, half = self._has.index(batch), batch.later_half()
        self._has[place : place + 1] = [] if half is None else [half]
        self.lost.append(batch)
        return half


def a_batch(size: int) -> Batch:
    return Batch([Event(None, b"x" * size)])


def test_what_several_keep_counts_once() -> None:
    room, batch = Room(1_000), a_batch(400)
    holders = [Kept(room) for _ in range(9)]
    for holder in holders:
        holder.keep(batch)
    assert room.taken_bytes == 400
    for holder in holders:
        holder.send(batch)
    assert room.taken_bytes == 0


def test_the_oldest_is_lost_by_all_who_keep_as_much() -> None:
    room = Room(1_000)
    slow, slower = Kept(room), Kept(room)
    first, second, third = (a_batch(400) for _ in range(3))
    for batch in (first, second, third):
        slow.keep(batch)
        slower.keep(batch)
    assert slow.lost == slower.lost == [first]
    assert room.taken_bytes == 800


def test_one_that_reads_on_loses_nothing_to_others_that_do_not() -> None:
    room = Room(1_000)
    reading, stalled = Kept(room), Kept(room)
    reading.keep(a_batch(100))
    stalled.keep(*(a_batch(400) for _ in range(9)))
    assert reading.lost == []
    assert len(stalled.lost) == 7
    assert room.taken_bytes == 900


def test_one_that_is_larger_than_the_room_is_kept_alone() -> None:
    room = Room(1_000)
    holder = Kept(room)
    small, large = a_batch(10), a_batch(5_000)
    holder.keep(small, large)
    assert holder.lost == [small]
    assert room.taken_bytes == 5_000


def test_a_batch_that_is_too_large_loses_its_earlier_half_for_all_who_keep_it() -> None:
    room = Room(1_000)
    holders = [Kept(room), Kept(room)]
    large = Batch([Event(None, b"x" * 400) for _ in range(8)])
    for holder in holders:
        holder.keep(large)
    assert [len(holder.oldest().events) for holder in holders] == [2, 2]
    assert room.taken_bytes == 800
