"""Throttles token requests and bearer tokens where too much has failed before; each refusal is told and paced."""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import lru_cache

from aiohttp import web

from rulemint_gateway.limits.failed_authentication import FailedAuthentication, Throttled, ThrottledBy, place_of
from rulemint_gateway.limits.pace import Pace
from rulemint_gateway.limits.throttle_reports import ThrottleReports
from rulemint_gateway.management.errors import ThrottledError
from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.guarded_authentication import known_client
from rulemint_gateway.oauth.token_quotas import TOKEN_ENDPOINT
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.writing.calls import Call
from rulemint_gateway.web.callers.source_address import source_address
from rulemint_gateway.web.callers.tenancy import authority_of
from rulemint_gateway.web.http.problems import oauth_problem
from rulemint_gateway.web.http.whole_answer import WholeAnswer


class Throttling:
    """The questions that handlers ask, and the events that they tell."""

    def __init__(
        self,
        catalog: Catalog,
        failed: FailedAuthentication,
        *,
        reports: ThrottleReports,
        pace: Pace,
        count: Callable[[ThrottledBy], None],
        refused: Callable[[str], None],
    ) -> None:
        """*count* is told of each refusal, *refused* of the tenant of each token request that was refused."""
        self._catalog = catalog
        self._failed = failed
        self._reports = reports
        self._pace = pace
        self._count = count
        self._refused = refused

    def seen_early(self, source: str, host: str, named: Callable[[], list[str]]) -> errors.Throttled | None:
        """The refusal of a token request from *source* to *host* before it is read; None if it has to be read.

        It costs something only where something has failed lately. `GuardedAuthentication` looks again at a request that
        is let through here, once it is known for certain which client is named.
        """
        if not self._failed.is_failing(source):
            return None
        return self.seen(source, host, named)

    @property
    def failing(self) -> Sized:
        """The addresses at which something failed lately."""
        return self._failed.failing

    def is_failing(self, source: str) -> bool:
        """True if anything failed lately at *source*."""
        return self._failed.is_failing(source)

    def seen(self, source: str, host: str, named: Callable[[], list[str]]) -> errors.Throttled | None:
        """The refusal of a request from *source* to *host*, whose clients *named* finds; None if it may go on.

        Raises:
            NoConfigurationError: nobody knows whose it would be.
        """
        if throttled := self._failed.throttled_source(source):
            return errors.Throttled(throttled)
        client_ids = named()
        if not client_ids:
            return None
        config = self._catalog.tenant_for_host(host)
        if throttled := self._failed.throttled_client(config.tenant.name, client_ids, source):
            return errors.Throttled(throttled, client_id=known_client(config, client_ids))
        return None

    def check_bearer(self, request: web.Request, token: str) -> None:
        """Return if *token* may be looked at now.

        Raises:
            ThrottledError: too many bad ones came from this address.
        """
        if throttled := self._failed.throttled_bearer(source_address(request), token):
            raise ThrottledError(throttled)

    def bearer_failed(self, request: web.Request) -> None:
        """The token or ticket of *request* was none of ours."""
        self._failed.bearer_failed(source_address(request))

    def bearer_proved(self, token: str) -> None:
        """*token* was found good."""
        self._failed.bearer_proved(token)

    async def refuse(self, error: errors.Throttled, source: str, host: str) -> WholeAnswer:
        """The answer to a throttled token request, in its turn. It leaves no exchange record."""
        self._note(error.throttled, source, host, error.client_id, TOKEN_ENDPOINT)
        await self._turn_of(source)
        return throttled_answer(error.throttled)

    async def hold(self, request: web.Request, throttled: Throttled) -> None:
        """Tell of the refusal of *request*, and return when it is its turn to be answered."""
        source = source_address(request)
        self._note(throttled, source, authority_of(request), "", (request.method, request.path))
        await self._turn_of(source)

    def tell(self, error: errors.Throttled, source: str, host: str) -> float:
        """Tell of the refusal of a token request; returns in how many seconds it is its turn to be answered."""
        self._note(error.throttled, source, host, error.client_id, TOKEN_ENDPOINT)
        return self._pace.next_s(place_of(source))

    async def _turn_of(self, source: str) -> None:
        if self._pace.is_set:
            await self._pace.wait(place_of(source))

    def _note(self, throttled: Throttled, source: str, host: str, client_id: str, called: tuple[str, str]) -> None:
        tenant, place = self._catalog.tenant_for_host(host).tenant.name, place_of(source)
        self._count(throttled.by)
        if called == TOKEN_ENDPOINT:
            self._refused(tenant)
        if not self._reports.is_told(throttled, tenant, place):
            method, path = called
            call = Call(tenant=tenant, client_id=client_id, ip=source, method=method, path=path)
            self._reports.note(throttled, call)


@lru_cache(maxsize=256)
def throttled_answer(throttled: Throttled) -> WholeAnswer:
    """Made once for all who have to wait equally long."""
    return oauth_problem(errors.Throttled(throttled))


THROTTLING = web.AppKey("throttling", Throttling)
