"""Looks up the names of trusted proxies again and again, because a container that is made anew has another address."""

from __future__ import annotations

import asyncio
import socket

import structlog

from rulemint_gateway.web.callers.forwarded import Address, parse_address
from rulemint_gateway.web.callers.source_address import TrustedProxies

log = structlog.get_logger(__name__)

LOOK_INTERVAL_S = 1.0


async def keep_looking_up(proxies: TrustedProxies) -> None:
    """Tell *proxies* every second where their names are, until cancelled.

    A name that cannot be looked up keeps the addresses that it had, because a name server may be away for a moment.
    """
    known: dict[str, frozenset[Address]] = {}
    while True:
        for name in proxies.names:
            if found := await addresses_of(name):
                known[name] = found
        addresses: frozenset[Address] = frozenset().union(*known.values())
        if proxies.are_at(addresses):
            log.info("trusting proxies", names=proxies.names, addresses=sorted(map(str, addresses)))
        await asyncio.sleep(LOOK_INTERVAL_S)


async def addresses_of(name: str) -> frozenset[Address]:
    """The addresses of the host *name*; none if it cannot be looked up now."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(address for *_, place in found if (address := parse_address(str(place[0]))) is not None)
