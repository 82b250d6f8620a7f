"""Refuses a throttled token request where its bytes arrive: a guess must cost much less than a token.

What is refused here is told of, counted and paced as what `Throttling` refuses later. It looks at nothing but plain
requests from addresses at which something failed lately, and only where the peer itself is the source.
"""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from rulemint_gateway.limits.failed_authentication import Throttled
from rulemint_gateway.stores.catalog import NoConfigurationError
from rulemint_gateway.web.connections.refusals import EarlyRefusal
from rulemint_gateway.web.plain_requests import plain_request
from rulemint_gateway.web.problems import SERVER
from rulemint_gateway.web.source_address import TrustedProxies
from rulemint_gateway.web.throttling import Throttling, throttled_answer
from rulemint_shared.deadline import unix_s


class EarlyRefusals:
    """What a `Connection` asks; see `RefusesEarly`."""

    def __init__(self, throttling: Throttling, proxies: TrustedProxies) -> None:
        self._throttling = throttling
        self.failing = throttling.failing
        self._proxies = proxies

    def of(self, peer: str, data: bytes) -> EarlyRefusal | None:
        """The refusal of the request that *peer* sent as *data*; None if it has to be looked at."""
        source = self._proxies.direct_source(peer)
        if source is None or not self._throttling.is_failing(source):
            return None
        request = plain_request(data)
        if request is None:
            return None
        try:
            error = self._throttling.seen(source, request.host, request.clients)
            if error is None:
                return None
            wait_s = self._throttling.tell(error, source, request.host)
        except NoConfigurationError:
            return None
        closes = request.more_follows  # who does not wait for answers is not answered more than once
        return EarlyRefusal(_answer(error.throttled, unix_s(), closes=closes), wait_s, closes)


@lru_cache(maxsize=256)
def _answer(throttled: Throttled, now_s: int, *, closes: bool) -> bytes:
    """The whole answer, made once a second for all who have to wait equally long."""
    body, headers, status = throttled_answer(throttled)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(body)}"] if "Content-Length" not in headers else []
    lines += ["Connection: close"] if closes else []
    lines += [f"Date: {formatdate(now_s, usegmt=True)}", f"Server: {SERVER}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
