"""Throttles after failed authentication: a client from one address, or an address with any number of clients.

Buckets are an address's, never a client's alone: so nobody can lock a client out from elsewhere. A client that
authenticates costs two look-ups more. An IPv6 address counts as its network of 64 bits, because one machine may use all
of it.

A client that has proved who it is from an address before is let through while that address has no more tries. Otherwise
one guesser would stop all others behind an undeclared proxy, or behind a network's NAT.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rulemint_gateway.limits.gcra import Buckets, Rate
from rulemint_gateway.limits.shared_buckets import BucketKey, SharedBuckets

PROVEN_REMEMBERED = 20_000
FAILING_REMEMBERED = 20_000
MAX_CLIENT_ID = 128
"""Characters of a client id that count; no client has more."""


class ThrottledBy(StrEnum):
    """Of what there was too much."""

    CLIENT = "client"
    """Wrong secrets of this client from this address."""
    SOURCE = "source"
    """Wrong secrets of any clients from this address."""
    BEARER = "bearer"
    """Bad bearer tokens and tickets from this address."""


class Throttled(NamedTuple):
    """Too many: try again later."""

    by: ThrottledBy
    retry_after_s: int


class FailedAuthentication:
    """Counts what failed, and says who has to wait."""

    def __init__(
        self,
        buckets: Buckets,
        shared: SharedBuckets,
        *,
        per_client: Rate,
        per_source: Rate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._buckets = buckets
        self._shared = shared
        self._per_client = per_client
        self._per_source = per_source
        self._clock = clock
        self.failing: OrderedDict[str, float] = OrderedDict()
        """The addresses at which something failed here, and until when it can matter."""
        self._matters_s = 2 * max(rate.depth_s + rate.interval_s for rate in (per_client, per_source))
        self._proven: dict[BucketKey, None] = {}
        self._proven_at: Counter[str] = Counter()

    def is_failing(self, source: str) -> bool:
        """True if anything failed lately at *source*; if nothing did, nobody there is throttled."""
        place = place_of(source)
        until = self.failing.get(place)
        if until is None:
            return False
        if until < self._clock():
            del self.failing[place]
            return False
        return True

    def throttled_source(self, source: str) -> Throttled | None:
        """The refusal of *source* for all clients, so that its request need not be read; None if it may try."""
        place = place_of(source)
        return None if place in self._proven_at else self._wait(ThrottledBy.SOURCE, (place,), self._per_source)

    def throttled_client(self, tenant: str, client_ids: Iterable[str], source: str) -> Throttled | None:
        """The refusal of a client, under any of the ids that its credentials may be read as; None if it may try."""
        if not self.is_failing(source):
            return None  # nearly always, so nothing else is looked up
        place = place_of(source)
        proven = False
        for client_id in client_ids:
            key = (tenant, client_id[:MAX_CLIENT_ID], place)
            if throttled := self._wait(ThrottledBy.CLIENT, key, self._per_client):
                return throttled
            proven = proven or key in self._proven
        return None if proven else self._wait(ThrottledBy.SOURCE, (place,), self._per_source)

    def client_failed(self, tenant: str, client_ids: Iterable[str], source: str) -> None:
        """The credentials proved no client, known or not."""
        place = self._note_failure(source)
        for client_id in client_ids:
            self._take(ThrottledBy.CLIENT, (tenant, client_id[:MAX_CLIENT_ID], place), self._per_client)
        self._take(ThrottledBy.SOURCE, (place,), self._per_source)

    def client_proved(self, tenant: str, client_id: str, source: str) -> None:
        """The credentials proved the client."""
        key = (tenant, client_id, place_of(source))
        if key not in self._proven:
            self._remember(key)

    def throttled_bearer(self, source: str, token: str) -> Throttled | None:
        """The refusal of *source* before *token* is looked at, which was not found good before; None if it may try."""
        if not self.is_failing(source):
            return None
        throttled = self._wait(ThrottledBy.BEARER, (place_of(source),), self._per_source)
        return None if throttled is None or _bearer(token) in self._proven else throttled

    def bearer_failed(self, source: str) -> None:
        """The token or ticket was none of ours."""
        self._take(ThrottledBy.BEARER, (self._note_failure(source),), self._per_source)

    def bearer_proved(self, token: str) -> None:
        """The token was found good."""
        key = _bearer(token)
        if key not in self._proven:
            self._remember(key)

    def _note_failure(self, source: str) -> str:
        place = place_of(source)
        self.failing[place] = self._clock() + self._matters_s
        self.failing.move_to_end(place)
        if len(self.failing) > FAILING_REMEMBERED:
            self.failing.popitem(last=False)  # many addresses must not take more and more memory
        return place

    def _wait(self, by: ThrottledBy, key: BucketKey, rate: Rate) -> Throttled | None:
        wait_s = self._buckets.wait_s((by._value_, *key), rate)
        return Throttled(by, math.ceil(wait_s)) if wait_s > 0 else None

    def _take(self, by: ThrottledBy, key: BucketKey, rate: Rate) -> None:
        if rate.burst:
            self._shared.take((by._value_, *key), rate)

    def _remember(self, key: BucketKey) -> None:
        self._proven[key] = None
        self._proven_at[key[-1]] += 1
        if len(self._proven) > PROVEN_REMEMBERED:
            oldest = next(iter(self._proven))
            del self._proven[oldest]
            forgotten = oldest[-1]
            self._proven_at[forgotten] -= 1
            if not self._proven_at[forgotten]:
                del self._proven_at[forgotten]


@lru_cache(maxsize=4_096)
def place_of(source: str) -> str:
    """The address, or of an IPv6 address its network of 64 bits."""
    if ":" not in source:
        return source
    try:
        return str(ipaddress.ip_network((source, 64), strict=False))
    except ValueError:
        return source


def _bearer(token: str) -> BucketKey:
    """A stand-in for a good token, which is a secret itself."""
    return ("", str(hash(token)), ThrottledBy.BEARER)
