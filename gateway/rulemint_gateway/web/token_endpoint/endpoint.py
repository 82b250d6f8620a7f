"""``POST /oauth/token``: decode, grant, answer; the exchange record follows behind (RFC 6749 §3.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Literal

import msgspec
import structlog
from aiohttp import hdrs, web
from msgspec import UNSET, UnsetType

from rulemint_gateway.limits.failed_authentication import place_of
from rulemint_gateway.oauth.errors import (
    OAuthError,
    RuleFailed,
    RulePauses,
    ServerError,
    TemporarilyUnavailable,
    TenantDisabled,
    Throttled,
)
from rulemint_gateway.oauth.exchange import Exchange
from rulemint_gateway.oauth.failure_policy import STALE_HEADER
from rulemint_gateway.oauth.grants.client_credentials import ClientCredentials, TokenAnswer
from rulemint_gateway.oauth.token_request import parse_token_request
from rulemint_gateway.oauth.trace_id import trace_id_of
from rulemint_gateway.stores.catalog.catalog import Catalog, NoConfigurationError, TenantGoneError
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_gateway.web.callers.issuers import Issuers, issuer_at
from rulemint_gateway.web.callers.source_address import TrustedProxies
from rulemint_gateway.web.callers.tenancy import with_own_audience
from rulemint_gateway.web.callers.throttling import Throttling
from rulemint_gateway.web.http.bodies import JSON
from rulemint_gateway.web.http.client_gone import ClientGoneError
from rulemint_gateway.web.http.header_text import well_formed
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, OAuthProblem, oauth_problem
from rulemint_gateway.web.http.whole_answer import WholeAnswer
from rulemint_gateway.web.metrics.metrics import Metrics
from rulemint_gateway.web.token_endpoint.bodies import FORM, read_parameters
from rulemint_gateway.web.token_endpoint.calls import RequestCall, TokenCall
from rulemint_gateway.web.token_endpoint.sent import sent_with
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.records import ErrorStyle
from rulemint_shared.process.service_log import log_unexpected
from rulemint_shared.process.shortages import note_shortage
from rulemint_shared.secrets.vault import VaultError

log = structlog.get_logger(__name__)

_GONE = (NoConfigurationError, StoreUnavailableError, TenantGoneError, VaultError)
"""Errors of a request whose tenant was there when it came: it is deleted, or its store is empty or another system's."""


class TokenBody(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a token request; rules see others too, of any name."""

    grant_type: Literal["client_credentials"]
    client_id: str | UnsetType = UNSET
    """With ``client_secret``, unless they come as HTTP Basic."""
    client_secret: str | UnsetType = UNSET
    audience: str | UnsetType = UNSET
    """The API that the token is for; without it, the tenant's ``default_audience``."""
    resource: str | UnsetType = UNSET
    """The same, as RFC 8707 calls it."""
    scope: str | UnsetType = UNSET
    """Scopes with spaces between them; without it, all that the client grant holds."""


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An access token (RFC 6749 §5.1); without ``scope`` it has none."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str | UnsetType = UNSET


class TokenEndpoint:
    """One request is one exchange, with any ending."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        grant: ClientCredentials,
        exchanges: ExchangeStore,
        metrics: Metrics,
        throttling: Throttling,
        proxies: TrustedProxies,
        issuers: Issuers | None,
        wordings: Mapping[ErrorStyle, Callable[[OAuthError], OAuthError]],
    ) -> None:
        """*wordings*: a tenant of such a style has its refusals in other words than RFC 6749's."""
        self._catalog = catalog
        self._grant = grant
        self._exchanges = exchanges
        self._metrics = metrics
        self._throttling = throttling
        self.proxies = proxies
        self.issuers = issuers
        self._wordings = wordings
        self._answered: list[Exchange] = []
        """Those that got a token in this turn of the loop, and have no record yet."""

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/oauth/token",
                handle=self.handle,
                tag="Tokens",
                summary="Get an access token",
                body=TokenBody,
                bodies=(FORM, JSON),
                answer=IssuedToken,
                headers=("X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", STALE_HEADER),
                problem=OAuthProblem,
                basic=True,
                refusals=(400, 401, 403, 408, 413, 415, 429, 503),
            )
        ]

    async def handle(self, request: web.Request) -> web.Response:
        """A token, or an OAuth error; both name the exchange in ``X-Request-Id``.

        Raises:
            ClientGoneError: nobody waits for either.
        """
        return (await self.answer(RequestCall(request))).response()

    async def answer(self, call: TokenCall) -> WholeAnswer:
        """As `handle`, whichever way *call* came."""
        host = call.headers.get(hdrs.HOST, "")
        try:
            source = self.proxies.source_of(call.peer, call.headers)
            if throttled := self._throttling.seen_early(source, host, call.named_clients):
                return await self._throttling.refuse(throttled, source, host)
            return await self._exchange(call, self._catalog.tenant_for_host(host), source, host)
        except NoConfigurationError as error:
            return oauth_problem(TemporarilyUnavailable(error.public))

    async def _exchange(self, call: TokenCall, config: TenantConfig, source: str, host: str) -> WholeAnswer:
        exchange = Exchange(
            tenant=config.tenant.name,
            ip=source,
            user_agent=well_formed(call.headers.get(hdrs.USER_AGENT, "")),
            sent=partial(sent_with, call, host),
            trace_id=trace_id_of(traceparent) if (traceparent := call.headers.get("traceparent")) else "",
            config_revision=self._catalog.revision,
        )
        try:
            parameters = await read_parameters(call)
            asked = parse_token_request(
                parameters,
                call.headers.get(hdrs.AUTHORIZATION),
                default_audience=config.tenant.default_audience,
            )
            issuer = issuer_at(self.issuers, config, is_secure=call.is_secure)
            answer = await self._grant.grant(config, with_own_audience(host, config, asked), exchange, issuer=issuer)
        except Throttled as error:
            return await self._throttling.refuse(error, source, host)
        except (OAuthError, *_GONE) as error:
            return self._refuse(_for_the_client(error), exchange, config.tenant.error_style)
        except ClientGoneError:
            self._metrics.client_gone()
            raise
        except Exception as error:  # noqa: BLE001  # the last resort
            return self._refuse(_unexpected(error, exchange), exchange, config.tenant.error_style)
        self._keep_soon(exchange)
        headers = {**NO_STORE, **answer.headers, "X-Request-Id": exchange.id, "Content-Type": JSON}
        return WholeAnswer(HTTPStatus.OK, headers, msgspec.json.encode(_body(answer)))

    def _refuse(self, error: OAuthError, exchange: Exchange, style: ErrorStyle) -> WholeAnswer:
        why = error.reason if isinstance(error, RuleFailed) else error.detail  # a rule's own words may hold the request
        if style in self._wordings:
            error = self._wordings[style](error)
        if exchange.is_authenticated:
            self._keep(exchange.record(status=error.status, error=error))
        else:
            make = partial(exchange.record, status=error.status, error=error)
            self._exchanges.refuse(exchange.tenant, place_of(exchange.ip), make)
            self._metrics.refused(exchange.outcome(error), exchange.elapsed_ms())
        if error.status >= ServerError.status and not isinstance(error, RulePauses):
            log.warning("no token", exchange=exchange.id, error=error.error, why=why)
        return oauth_problem(error, exchange_id=exchange.id)

    def _keep_soon(self, exchange: Exchange) -> None:
        """Make its record with those of all that are answered in this turn of the loop: once its answer has left.

        One behind the other they take less, because the processor still has in its caches what the one before needed.
        """
        exchange.answered()
        if not self._answered:
            asyncio.get_running_loop().call_soon(self._keep_answered)
        self._answered.append(exchange)

    def _keep_answered(self) -> None:
        answered, self._answered = self._answered, []
        for exchange in answered:
            try:
                self._keep(exchange.record(status=HTTPStatus.OK))
            except Exception as error:  # noqa: BLE001  # a bug of ours costs one record
                log_unexpected(log, "a record could not be made", error, exchange=exchange.id)

    def _keep(self, record: ExchangeRecord) -> None:
        self._exchanges.record(record)
        self._metrics.answered(record)


def _for_the_client(error: Exception) -> OAuthError:
    """*error*, as what the client is answered."""
    if isinstance(error, OAuthError):
        return error
    if isinstance(error, TenantGoneError):
        return TenantDisabled(error.public.lower(), detail=str(error))
    return TemporarilyUnavailable("the service cannot issue this token now: try again", detail=str(error))


def _body(answer: TokenAnswer) -> dict[str, object]:
    """RFC 6749 §5.1; ``scope`` is left out when there is none."""
    body: dict[str, object] = {
        "access_token": answer.access_token,
        "token_type": answer.token_type,
        "expires_in": answer.expires_in,
    }
    if answer.scope:
        body["scope"] = answer.scope
    return body


def _unexpected(error: Exception, exchange: Exchange) -> OAuthError:
    if shortage := note_shortage(error):
        return TemporarilyUnavailable("the server has run out of a resource: try again", detail=shortage.event)
    log_unexpected(log, "a token request failed", error, exchange=exchange.id)
    return ServerError("the request failed: the server's log says why")
