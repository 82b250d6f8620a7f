"""A call of the token endpoint, whichever way it came: what is asked of it before and after its body is read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from aiohttp import hdrs, web
from multidict import CIMultiDictProxy

from rulemint_gateway.web.http.arrivals import body_of
from rulemint_gateway.web.token_endpoint.named_clients import MAX_BYTES, clients_named_in, named_clients

_NO_QUERY: Mapping[str, str] = MappingProxyType({})


class TokenCall(Protocol):
    """One call."""

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """As aiohttp's parser has them."""

    @property
    def peer(self) -> str:
        """The address at the other end of the connection; empty if it has none."""

    @property
    def is_secure(self) -> bool:
        """It came over TLS, which ends here."""

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of its target."""

    def named_clients(self) -> list[str]:
        """The clients that it may name, at a glance; see `named_clients`."""

    async def body(self, limit: int) -> bytes:
        """All of it, decoded, *limit* bytes at most.

        Raises:
            UnusableBodyError: there is no such body.
            ClientGoneError: the client left before it had sent everything.
        """


class WholeCall:
    """One that came in one piece, without anything unusual, and was not made an aiohttp request."""

    __slots__ = ("_body", "headers", "is_secure", "peer")

    query = _NO_QUERY

    def __init__(self, headers: CIMultiDictProxy[str], body: bytes, *, peer: str, is_secure: bool) -> None:
        """*body* is no longer than what the endpoint reads."""
        self.headers = headers
        self.peer = peer
        self.is_secure = is_secure
        self._body = body

    def named_clients(self) -> list[str]:
        """See `TokenCall`."""
        authorization = self.headers.get(hdrs.AUTHORIZATION)
        is_short = authorization is None and len(self._body) <= MAX_BYTES
        return clients_named_in(authorization, self._body if is_short else b"")

    async def body(self, limit: int) -> bytes:  # noqa: ARG002  # its maker has looked
        """See `TokenCall`."""
        return self._body


class RequestCall:
    """One that is aiohttp's *request*."""

    __slots__ = ("_request", "headers", "is_secure", "peer")

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.headers = request.headers
        self.peer = request.remote or ""
        self.is_secure = request.secure

    @property
    def query(self) -> Mapping[str, str]:
        """See `TokenCall`."""
        return self._request.query if "?" in self._request.raw_path else _NO_QUERY

    def named_clients(self) -> list[str]:
        """See `TokenCall`."""
        return named_clients(self._request)

    async def body(self, limit: int) -> bytes:
        """See `TokenCall`."""
        return await body_of(self._request, limit)
