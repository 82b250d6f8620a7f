"""Token requests that take the short way (`connections.shortcut`): those that nearly all clients send."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from aiohttp import hdrs
from aiohttp.http_parser import RawRequestMessage
from aiohttp.http_writer import HttpVersion11
from multidict import CIMultiDictProxy

from rulemint_gateway.web.http.whole_answer import WholeAnswer
from rulemint_gateway.web.token_endpoint.calls import WholeCall
from rulemint_gateway.web.token_endpoint.endpoint import TokenEndpoint

_UNUSUAL = (hdrs.TRANSFER_ENCODING, hdrs.CONTENT_ENCODING, hdrs.EXPECT, hdrs.UPGRADE, hdrs.TE, hdrs.TRAILER)
"""Headers by which a request asks of HTTP itself what only aiohttp does."""


class TokenShortcut:
    """Answers them as `TokenEndpoint` answers all others."""

    def __init__(self, endpoint: TokenEndpoint) -> None:
        self._endpoint = endpoint

    def takes(self, message: RawRequestMessage) -> bool:
        """True if it is a call of the token endpoint, over a connection that stays, and no unusual one."""
        headers = message.headers
        return (
            message.path == "/oauth/token"
            and message.method == hdrs.METH_POST
            and message.version == HttpVersion11
            and not message.should_close
            and headers.keys().isdisjoint(_UNUSUAL)
        )

    def answer(
        self, headers: CIMultiDictProxy[str], body: bytes, *, peer: str, is_secure: bool
    ) -> Coroutine[Any, Any, WholeAnswer]:
        """A token, or an OAuth error."""
        return self._endpoint.answer(WholeCall(headers, body, peer=peer, is_secure=is_secure))
