"""Refuses a throttled token request where its bytes arrive: a guess must cost much less than a token.

What is refused here is told of, counted and paced as what `Throttling` refuses later. It looks at nothing but plain
requests from addresses at which something failed lately, and only where the peer itself is the source.
"""

from __future__ import annotations

from functools import lru_cache

from rulemint_gateway.limits.failed_authentication import Throttled
from rulemint_gateway.stores.catalog.catalog import NoConfigurationError
from rulemint_gateway.web.callers.source_address import TrustedProxies
from rulemint_gateway.web.callers.throttling import Throttling, throttled_answer
from rulemint_gateway.web.connections.refusals import EarlyRefusal
from rulemint_gateway.web.token_endpoint.plain_requests import plain_request
from rulemint_shared.clock import unix_s


class EarlyRefusals:
    """Answers a `Connection`'s question; see `RefusesEarly`."""

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
def _answer(throttled: Throttled, _now_s: int, *, closes: bool) -> bytes:
    """The whole answer, made once a second, as its date says, for all who have to wait equally long."""
    return throttled_answer(throttled).encoded(closes=closes)
