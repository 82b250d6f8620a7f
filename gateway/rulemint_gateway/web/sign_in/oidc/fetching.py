"""Asks a provider: bounded in time and bytes, without redirects, cookies and proxies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec

from rulemint_gateway.web.sign_in.oidc.reach import CheckedResolver, OutOfReachError, Reach
from rulemint_shared.contract.oidc_providers import OidcProvider

MAX_ANSWER_BYTES = 256 * 1024
ANSWER_WITHIN_S = 10.0
CONNECTIONS = 128
"""At once, to all providers: sign-ins of sixteen tenants at their bound, and they ask one after the other."""
T = TypeVar("T")


class ProviderError(Exception):
    """The provider did not answer as it must. The text says what to look at; nothing of the answer is in it."""


class ProviderClient:
    """Sends requests to providers."""

    def __init__(self, session: aiohttp.ClientSession, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    async def get(self, url: str, provider: OidcProvider, wanted: type[T]) -> T:
        """The JSON at *url* as *wanted*.

        Raises:
            ProviderError: it may not be asked, does not answer, or answers something else.
        """
        return await self._ask("GET", url, provider, wanted, {}, None)

    async def post(
        self, url: str, provider: OidcProvider, wanted: type[T], form: Mapping[str, str], headers: Mapping[str, str]
    ) -> T:
        """The JSON that *url* answers to *form*.

        Raises:
            ProviderError: as `get`.
        """
        return await self._ask("POST", url, provider, wanted, headers, form)

    def check(self, url: str, provider: OidcProvider) -> None:
        """Return if *url* is an endpoint of *provider*, to which a browser may be sent.

        Raises:
            ProviderError: it is not.
        """
        try:
            self._reach.check(url, provider)
        except OutOfReachError as error:
            raise ProviderError(str(error)) from None

    async def _ask(  # a request has so many parts
        self,
        method: str,
        url: str,
        provider: OidcProvider,
        wanted: type[T],
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
    ) -> T:
        self.check(url, provider)
        asked = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        try:
            async with self._session.request(method, url, data=form, headers=asked, allow_redirects=False) as response:
                body = await _bounded(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ProviderError(f"{provider.issuer} cannot be asked: {type(error).__name__}") from error
        if response.status != 200:  # a status
            raise ProviderError(f"{provider.issuer} answers {response.status} at {url[:200]}")
        try:
            return msgspec.json.decode(body, type=wanted)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise ProviderError(f"{provider.issuer} answers something else than it must at {url[:200]}") from None


@asynccontextmanager
async def open_provider_client(private_origins: list[str]) -> AsyncIterator[ProviderClient]:
    """Open the one client of a gateway."""
    reach = Reach(private_origins)
    connector = aiohttp.TCPConnector(resolver=CheckedResolver(reach), use_dns_cache=False, limit=CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S),
        trust_env=False,
        auto_decompress=False,
    ) as session:
        yield ProviderClient(session, reach)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(16 * 1024):
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise ValueError("the answer is too long")
    return bytes(body)
