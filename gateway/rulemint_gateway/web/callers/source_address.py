"""The address that a request came from: that of the TCP peer, or of the client before proxies that we trust.

Only a trusted peer's headers are read. From the peer leftwards each trusted hop is passed; the first one that is not
trusted is the source. Where a hop cannot be read, the last good one is. So nothing that an untrusted client sends
changes the source, because it stands to the left of what the outermost proxy added.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from aiohttp import web
from multidict import CIMultiDictProxy

from rulemint_gateway.web.callers.forwarded import Address, forwarded_hops, parse_address, x_forwarded_for_hops

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDED = "Forwarded"
X_FORWARDED_FOR = "X-Forwarded-For"


class ProxyHeader(StrEnum):
    """The header in which the trusted proxies say from where a request came."""

    EITHER = "either"
    """The one that is there. If both are, ``X-Forwarded-For``: most proxies write it and let the other one through."""
    FORWARDED = "forwarded"
    X_FORWARDED_FOR = "x-forwarded-for"


class TrustedProxies:
    """Finds the source of a request behind the proxies of *networks*, and behind those with *names*.

    `proxy_names` looks the names up, and says with `are_at` which addresses they have.
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        names: Sequence[str] = (),
        header: ProxyHeader = ProxyHeader.EITHER,
    ) -> None:
        self._networks = tuple(networks)
        self.names = tuple(names)
        self._named: frozenset[Address] = frozenset()
        self._header = header
        self.are_there = bool(networks or names)
        """True if there are any."""
        self._trusts = lru_cache(maxsize=1_024)(self._is_in_a_network)

    def source_of(self, peer: str | None, headers: CIMultiDictProxy[str]) -> str:
        """The source of a request that *peer* sent with *headers*; empty without a peer."""
        source = _normalised(peer or "")
        if not self.are_there:
            return source
        address = parse_address(source)
        if address is None or not self._trusts(address):
            return source
        for hop in self._hops(headers):
            if hop is None:
                break
            address = hop
            if not self._trusts(hop):
                break
        return str(address)

    def direct_source(self, peer: str) -> str | None:
        """The source of what *peer* sends, with any headers; None if they have to be read."""
        source = _normalised(peer)
        address = parse_address(source) if self.are_there else None
        return source if address is None or not self._trusts(address) else None

    def are_at(self, addresses: frozenset[Address]) -> bool:
        """Trust *addresses* as those of the names, and none that the names had before; returns whether that is new."""
        if addresses == self._named:
            return False
        self._named = addresses
        self._trusts.cache_clear()
        return True

    def trusts(self, peer: str) -> bool:
        """True if *peer* is one of the proxies."""
        address = parse_address(_normalised(peer)) if self.are_there else None
        return address is not None and self._trusts(address)

    def _hops(self, headers: CIMultiDictProxy[str]) -> Iterator[Address | None]:
        lines = headers.getall(X_FORWARDED_FOR, ())
        if self._header is ProxyHeader.FORWARDED or (self._header is ProxyHeader.EITHER and not lines):
            return forwarded_hops(headers.getall(FORWARDED, ()))
        return x_forwarded_for_hops(lines)

    def _is_in_a_network(self, address: Address) -> bool:
        return address in self._named or any(address in network for network in self._networks)


PROXIES = web.AppKey("proxies", TrustedProxies)
_SOURCE = web.RequestKey("source", str)


def source_address(request: web.Request) -> str:
    """The address that *request* came from. Behind trusted proxies it is found once for each request."""
    proxies = request.app[PROXIES]
    if not proxies.are_there:
        return _normalised(request.remote or "")
    found = request.get(_SOURCE)
    if found is None:
        found = request[_SOURCE] = proxies.source_of(request.remote, request.headers)
    return found


@lru_cache(maxsize=1_024)
def _normalised(peer: str) -> str:
    """A dual-stack socket shows IPv4 peers as ``::ffff:1.2.3.4``, and a link's peers with their zone."""
    return peer if ":" not in peer else str(parse_address(peer) or peer)
