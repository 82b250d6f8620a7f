"""Who has a place, and who has to make room."""

from __future__ import annotations

from collections import Counter

import pytest

from rulemint_gateway.web.connections.open_connections import CutShort, OpenConnections, Patience, Place


class Someone:
    """Holds a place, and lets us wait since *since_s* (None: it waits for us)."""

    def __init__(self, since_s: float | None = None, *, idle: bool = False) -> None:
        self.place: Place | None = None
        self.is_shed = False
        self._patience = None if since_s is None else Patience(idle, since_s)

    def patience(self) -> Patience | None:
        return self._patience

    def shed(self) -> None:
        self.is_shed = True
        assert self.place is not None
        self.place.leave()


class Counted:
    def __init__(self, *, at_most: int = 4, per_address: int = 100, proxies: frozenset[str] = frozenset()) -> None:
        self.reasons: Counter[CutShort] = Counter()
        self.connections = OpenConnections(
            at_most=at_most,
            per_address=per_address,
            is_proxy=proxies.__contains__,
            count=lambda reason: self.reasons.update([reason]),
        )

    def let_in(self, someone: Someone, address: str = "192.0.2.1") -> bool:
        someone.place = self.connections.enter(address, someone)
        return someone.place is not None


async def test_half_a_request_makes_room_before_an_idle_connection_and_the_oldest_first() -> None:
    counted = Counted()
    busy, idle, older, newer = Someone(), Someone(1, idle=True), Someone(5), Someone(9)
    for someone in (busy, idle, newer, older):
        assert counted.let_in(someone)
    assert counted.let_in(Someone())
    assert (older.is_shed, newer.is_shed, idle.is_shed) == (True, False, False)
    assert counted.let_in(Someone())
    assert (newer.is_shed, idle.is_shed) == (True, False)
    assert counted.let_in(Someone())
    assert (idle.is_shed, busy.is_shed) == (True, False)
    assert not counted.let_in(Someone()), "all others wait for us"
    assert counted.reasons == {CutShort.SHED: 3, CutShort.TOO_MANY: 1}


async def test_several_make_room_at_once_where_there_are_many() -> None:
    counted = Counted(at_most=64)
    waiting = [Someone(number) for number in range(64)]
    assert all(map(counted.let_in, waiting))
    assert counted.let_in(Someone())
    assert [someone.is_shed for someone in waiting] == [True] * 4 + [False] * 60


async def test_a_place_is_given_back_once() -> None:
    counted = Counted(at_most=2, per_address=1)
    first = Someone()
    assert counted.let_in(first)
    assert first.place is not None
    first.place.leave()
    first.place.leave()
    assert counted.let_in(Someone())
    assert not counted.let_in(Someone())


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::1%eth0", True),
        ("", "", True),
    ],
)
async def test_an_address_is_what_a_client_cannot_have_many_of(one: str, other: str, are_one: bool) -> None:
    counted = Counted(at_most=9, per_address=1)
    assert counted.let_in(Someone(), one)
    assert counted.let_in(Someone(), other) is not are_one


async def test_a_proxy_s_connections_are_bounded_only_in_all() -> None:
    counted = Counted(at_most=3, per_address=1, proxies=frozenset({"10.0.0.1"}))
    assert [counted.let_in(Someone(), "10.0.0.1") for _ in range(4)] == [True, True, True, False]
