"""Says which addresses a provider may have. A tenant's administrator names its issuer, and must reach nothing else.

An endpoint has the origin of the issuer, or a host that the tenant's settings name. It speaks https and has a public
address, unless the operator named its origin. A URL is read by the same parser as the client's: another one may take
digits of another script for a name where the client connects to an address.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from rulemint_shared.contract.oidc_providers import OidcProvider
from rulemint_shared.public_addresses import is_public

_PORTS = {"https": 443, "http": 80}


class OutOfReachError(Exception):
    """The URL may not be asked. The text says why, for the tenant's administrator."""


class Reach:
    """The URLs that may be asked in the name of a tenant."""

    def __init__(self, private_origins: Collection[str]) -> None:
        """*private_origins*: ``http://localhost:3000``, whose addresses and schemes are the operator's own matter."""
        self._private = frozenset(_origin(each) for each in private_origins)

    def check(self, url: str, provider: OidcProvider) -> None:
        """Return if *url* is an endpoint of *provider* that may be asked.

        Raises:
            OutOfReachError: it is not.
        """
        try:
            scheme, host, port = origin = _origin(url)
        except ValueError:
            raise OutOfReachError(f"{url[:200]} is no URL of an endpoint") from None
        if origin != _origin(provider.issuer) and not _is_named(host, port, provider.hosts):
            raise OutOfReachError(
                f"{host} is neither the issuer's host nor one of the provider's hosts: add it to hosts if it is its own"
            )
        if origin in self._private:
            return
        if scheme != "https":
            raise OutOfReachError(f"{url[:200]} is not https; only the operator can allow that")
        if not _is_public_text(host):
            raise OutOfReachError(f"{host} is a private address; only the operator can allow that")

    def may_be_private(self, host: str, port: int) -> bool:
        """True if the operator named an origin with that host and port."""
        return any((name, number) == (host, port) for _scheme, name, number in self._private)


class CheckedResolver(AbstractResolver):
    """Looks names up, and hands on public addresses only. So a connection goes to what was checked."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of *host*.

        Raises:
            OSError: it has none that may be reached.
        """
        found = await self._names.resolve(host, port, family)
        if self._reach.may_be_private(host.lower(), port):
            return found
        public = [each for each in found if _is_public_text(each["host"])]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        """Release what it holds."""
        await self._names.close()


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of *url*.

    Raises:
        ValueError: it is no URL with these.
    """
    parts = URL(url)
    if parts.scheme not in _PORTS or not parts.raw_host or parts.raw_user is not None or "\\" in url:
        raise ValueError(url)
    return parts.scheme, parts.raw_host.lower(), parts.port or _PORTS[parts.scheme]


def _is_named(host: str, port: int, hosts: Collection[str]) -> bool:
    return host in {each.lower() for each in hosts if port == _PORTS["https"]} or f"{host}:{port}" in {
        each.lower() for each in hosts
    }


def _is_public_text(host: str) -> bool:
    """False if *host* spells a private address; a name is looked up later."""
    try:
        return is_public(ipaddress.ip_address(host))
    except ValueError:
        return True
