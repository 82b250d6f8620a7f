"""The connections that are open: how many there may be, in all and from one address, and which make room for others.

A process can have so many descriptors. Where clients hold all places, those that let us wait longest lose theirs: half
a request first, then idle ones. So who holds connections open for their own sake keeps nobody out.
"""

from __future__ import annotations

import heapq
import ipaddress
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, Protocol

from rulemint_gateway.web.connections.rare_log import RareLog

SHED_AT_ONCE = 16
"""One in so many of those that let us wait is closed when there is no place left: looking for them costs something."""
IPV6_NETWORK = 64
"""Bits of an IPv6 address that its owner cannot choose."""


class CutShort(StrEnum):
    """The reason why a connection ended before its request was answered as it wanted."""

    LATE_HEAD = "late_head"
    LATE_BODY = "late_body"
    CLIENT_GONE = "client_gone"
    UNREADABLE = "unreadable"
    SHED = "shed"
    TOO_MANY = "too_many"
    TOO_MANY_OF_AN_ADDRESS = "too_many_of_an_address"


class Patience(NamedTuple):
    """The time for which a connection has let us wait; the smallest has to go first."""

    idle: bool
    """It owes us nothing."""
    since_s: float
    """On the loop's clock."""


class Holder(Protocol):
    """Has a place."""

    def patience(self) -> Patience | None:
        """The time for which it has let us wait; None while it waits for us."""

    def shed(self) -> None:
        """Make room."""


class Place:
    """One of the places; `leave` gives it back."""

    __slots__ = ("_address", "_among")

    def __init__(self, among: OpenConnections, address: str) -> None:
        self._among: OpenConnections | None = among
        self._address = address

    def hold(self, holder: Holder) -> None:
        """It is *holder*'s from now on."""
        if self._among is not None:
            self._among.holders[self] = holder

    def leave(self) -> None:
        """Give it back, if that was not done yet."""
        if self._among is not None:
            self._among.left(self, self._address)
            self._among = None


class OpenConnections:
    """The places of one process. Connections from addresses of which *is_proxy* is true count only in all."""

    def __init__(
        self,
        *,
        at_most: int,
        per_address: int,
        is_proxy: Callable[[str], bool] = lambda _address: False,
        count: Callable[[CutShort], None] = lambda _reason: None,
    ) -> None:
        self.at_most = at_most
        self._per_address = per_address
        self._is_proxy = is_proxy
        self._by_address: Counter[str] = Counter()
        self._rare_log = RareLog()
        self.holders: dict[Place, Holder] = {}
        self.count = count

    def enter(self, address: str, holder: Holder) -> Place | None:
        """A place for *holder*, who came from *address*; None if there is none."""
        source = _source(address)
        if self._by_address[source] >= self._per_address and not self._is_proxy(address):
            self._full(CutShort.TOO_MANY_OF_AN_ADDRESS, "connections from an address are closed", address=source)
            return None
        if len(self.holders) >= self.at_most:
            self._make_room()
        if len(self.holders) >= self.at_most:
            self._full(CutShort.TOO_MANY, "connections are closed, for too many are under way", limit=self.at_most)
            return None
        place = Place(self, source)
        self._by_address[source] += 1
        self.holders[place] = holder
        return place

    def left(self, place: Place, source: str) -> None:
        """For `Place` only."""
        del self.holders[place]
        self._by_address[source] -= 1
        if not self._by_address[source]:
            del self._by_address[source]

    def unreadable(self, reason: CutShort, why: str) -> None:
        """A request could not be read; *why* holds nothing of it."""
        self.count(reason)
        self._rare_log.info("requests could not be read", why=why)

    def _make_room(self) -> None:
        waiting = [
            (patience, number, holder)
            for number, holder in enumerate(self.holders.values())
            if (patience := holder.patience()) is not None
        ]
        first = heapq.nsmallest(max(1, len(waiting) // SHED_AT_ONCE), waiting)
        for _, _, holder in first:
            self.count(CutShort.SHED)
            self._rare_log.warning("connections are closed to make room for others", limit=self.at_most)
            holder.shed()

    def _full(self, reason: CutShort, words: str, **fields: object) -> None:
        self.count(reason)
        self._rare_log.warning(words, **fields)


def _source(address: str) -> str:
    """*address*; of IPv6 its network, in which a client can have as many addresses as it likes."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, IPV6_NETWORK), strict=False))
