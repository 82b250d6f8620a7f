"""The one way out: GET from a registry, and from the places where it says that its files are.

The registry may be anywhere: its operator, or this machine's DNS, says where. All other places that it leads to have to
be public, or in a network that the operator named, and each address is checked before it is connected to
(`egress.broker`). Answers are bounded.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import aiohttp
import msgspec
from aiohttp import BasicAuth, ClientSession, DummyCookieJar
from yarl import URL

from rulemint_runner.egress.broker.connections import Connector
from rulemint_runner.egress.broker.resolver import Lookups
from rulemint_runner.egress.errors import EgressDenied, EgressError
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_shared.public_addresses import AddressPolicy

ANYWHERE: Final = ("0.0.0.0/0", "::/0")
AT_ONCE = 6
MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 25.0
_REDIRECTS = (301, 302, 303, 307, 308)
_GZIP = 16 + zlib.MAX_WBITS
_PIECE_BYTES = 64 * 1024


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An answer."""

    url: URL
    """The URL at which it was found, after redirects."""
    content_type: str
    body: bytes


class NoAnswerError(Exception):
    """There is nothing to be had at a URL; *status* says why, None if nobody answered."""

    def __init__(self, url: URL, status: int | None) -> None:
        self.url = str(url.with_user(None))
        self.status = status
        super().__init__(f"{status}: GET {self.url}" if status else f"request to {self.url} failed")

    @property
    def is_down(self) -> bool:
        """Tell whether the same request may succeed later."""
        return self.status is None or self.status >= 500 or self.status == 429


class Upstream:
    """Asks one registry. Make it with `open_upstream`."""

    def __init__(
        self, registry: URL, origins: tuple[URL, ...], own: ClientSession, others: ClientSession, policy: AddressPolicy
    ) -> None:
        """*own* asks the registry and its *origins*, *others* what it leads to, as far as *policy* allows."""
        self.registry = registry
        self._origins = (registry.origin(), *origins)
        self._own = own
        self._others = others
        self._policy = policy
        self._places = asyncio.Semaphore(AT_ONCE)

    async def get(self, url: URL, *, accept: str | None, most: int, too_large: str) -> Found:
        """Get what is at *url*, *most* bytes at most; without *accept* it is a file, which is taken as it is.

        Raises:
            InstallError: it is larger, with *too_large* as the text; or it leads where nothing is fetched from.
            NoAnswerError: it is not there, or nobody answers.
        """
        async with self._places:
            for _ in range(MAX_REDIRECTS):
                try:
                    self._check(url)
                    found = await self._ask(url, accept, most, too_large)
                except EgressDenied as error:
                    raise InstallError(f"the registry keeps files where none are fetched from: {error}") from None
                except (aiohttp.ClientError, EgressError, OSError, TimeoutError, ValueError):
                    raise NoAnswerError(url, None) from None
                if isinstance(found, Found):
                    return found
                url = found
            raise NoAnswerError(url, None)

    def _check(self, url: URL) -> None:
        if url.scheme not in {"https", self.registry.scheme} or url.port not in ports_of(self.registry):
            raise InstallError("the registry keeps files at a URL that nothing is fetched from")
        if is_address(url.host or "") and not self._is_own(url) and not self._policy.allows(url.host or ""):
            raise EgressDenied("the address is not public")

    def _is_own(self, url: URL) -> bool:
        return url.origin() in self._origins

    async def _ask(self, url: URL, accept: str | None, most: int, too_large: str) -> Found | URL:
        """The answer, or where it is."""
        is_own = self._is_own(url)
        headers = {"Accept": accept or "*/*", "Accept-Encoding": "gzip" if accept else "identity"}
        if self.registry.user and url.origin() == self.registry.origin():
            headers["Authorization"] = BasicAuth(self.registry.user, self.registry.password or "").encode()
        session = self._own if is_own else self._others
        async with session.get(url.with_user(None), headers=headers, allow_redirects=False) as response:
            if response.status in _REDIRECTS and "Location" in response.headers:
                return url.join(URL(response.headers["Location"]))
            if response.status != 200:
                raise NoAnswerError(url, response.status)
            body = bytearray()
            inflater = _inflater(response.headers.get("Content-Encoding", "")) if accept else None
            async for piece in response.content.iter_chunked(_PIECE_BYTES):
                body += piece if inflater is None else inflater.decompress(piece, most + 1 - len(body))
                if len(body) > most:
                    raise InstallError(too_large)
            return Found(url=url, content_type=response.content_type, body=bytes(body))


@asynccontextmanager
async def open_upstream(
    registry: URL, *, origins: tuple[URL, ...] = (), allow_private: tuple[str, ...] = (), tls: ssl.SSLContext
) -> AsyncIterator[Upstream]:
    """The way to *registry*, which keeps its files at *origins* as well."""
    lookups = Lookups({})
    policies = (AddressPolicy(ANYWHERE), AddressPolicy(allow_private))
    async with AsyncExitStack() as stack:
        stack.callback(lookups.close)
        own, others = [
            await stack.enter_async_context(_session(Connector(lookups, policy, tls))) for policy in policies
        ]
        yield Upstream(registry, origins, own, others, policies[1])


def ports_of(registry: URL) -> tuple[int, ...]:
    """Return the ports at which *registry* and its files may be asked."""
    return tuple({80, 443, registry.port or 443})


def is_address(host: str) -> bool:
    """Tell whether *host* is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _session(connector: Connector) -> ClientSession:
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "rulemint"},
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=READ_TIMEOUT_S),
    )


def _inflater(coding: str) -> zlib._Decompress | None:
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding not in {"gzip", "x-gzip"}:
        raise ValueError(f"the content coding {coding[:20]!r} was not asked for")
    return zlib.decompressobj(_GZIP)
