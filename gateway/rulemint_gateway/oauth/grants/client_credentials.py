"""The client credentials grant, step by step in the order of RFC 6749 §4.4."""

from __future__ import annotations

import time

import msgspec

from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.client_authentication import AuthenticatedClient
from rulemint_gateway.oauth.client_grants import CheckedGrant, check_grant
from rulemint_gateway.oauth.exchange import Exchange
from rulemint_gateway.oauth.failure_policy import Decided, FailurePolicies
from rulemint_gateway.oauth.grant_types import CLIENT_CREDENTIALS_GRANT
from rulemint_gateway.oauth.guarded_authentication import GuardedAuthentication
from rulemint_gateway.oauth.invocation import invocation_of
from rulemint_gateway.oauth.rollouts import Canaries, shadow_of
from rulemint_gateway.oauth.tape_sampling import TapeSampler
from rulemint_gateway.oauth.token_quotas import TokenQuotas, quota_headers
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig, why_closed
from rulemint_gateway.tokens.claims import TokenClaims
from rulemint_gateway.tokens.minter import Minter
from rulemint_shared.clock import unix_s
from rulemint_shared.contract.messages import Granted
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError


class TokenAnswer(msgspec.Struct, frozen=True):
    """A successful answer (RFC 6749 §5.1)."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"  # noqa: S105  # a word of RFC 6749, no secret
    headers: dict[str, str] = {}
    """Further headers of the answer: the age of a stale answer, and what is left of the client's quotas."""


class ClientCredentials:
    """Authenticate, check, run the rules, mint."""

    def __init__(
        self,
        *,
        authenticator: GuardedAuthentication,
        quotas: TokenQuotas,
        dispatcher: Dispatcher,
        policies: FailurePolicies,
        minter: Minter,
        tapes: TapeSampler,
        canaries: Canaries,
        deadline_s: float,
    ) -> None:
        self._authenticator = authenticator
        self._quotas = quotas
        self._dispatcher = dispatcher
        self._policies = policies
        self._minter = minter
        self._tapes = tapes
        self._canaries = canaries
        self._deadline_s = deadline_s

    async def grant(
        self, config: TenantConfig, request: TokenRequest, exchange: Exchange, *, issuer: str
    ) -> TokenAnswer:
        """The token of *issuer* that *request* earns.

        Raises:
            OAuthError: it earns none; no token is ever issued when the rules did not say yes.
        """
        self._authenticator.check(config, request, exchange.ip)  # first, so that a throttled guess is cheap
        exchange.asked(request)
        if config.tenant.is_closed:
            raise errors.TenantDisabled(why_closed(config.tenant))
        client = self._authenticator.authenticate(config, request, exchange.ip)
        exchange.authenticated(client, request)
        checked = check_grant(config, client, request, CLIENT_CREDENTIALS_GRANT)
        taken = await self._quotas.take(config, client.record, checked.api, exchange.ip)
        try:
            decided = await self._run_flow(config, client, checked, request, exchange)
            claims = TokenClaims(
                decided.granted,
                issuer=issuer,
                client_id=client.record.client_id,
                api=checked.api,
                grant_scope=checked.grant.scope,
                gty=CLIENT_CREDENTIALS_GRANT.gty,
                now_s=unix_s(),
                jti=exchange.id,
            )
            if decided.stale_since_s is not None:
                claims.say_stale(decided.stale_since_s)
            answer = await self._mint(config, claims, exchange)
        except BaseException:
            self._quotas.give_back(taken)  # also if the client hangs up: it got no token
            raise
        if taken is None and decided.stale_since_ms is None:
            return answer
        headers = {**decided.headers, **({} if taken is None else quota_headers(taken))}
        return msgspec.structs.replace(answer, headers=headers)

    async def _run_flow(
        self,
        config: TenantConfig,
        client: AuthenticatedClient,
        checked: CheckedGrant,
        request: TokenRequest,
        exchange: Exchange,
    ) -> Decided:
        """The flow's yes. Tokens for the management API never meet a rule: a bad rule must stay repairable."""
        api = checked.api
        if config.unreadable_rules and not api.is_system:
            raise errors.TemporarilyUnavailable(
                "a rule of this tenant cannot be read, and it may refuse: nobody gets a token until that is repaired",
                detail=f"unreadable rules: {', '.join(sorted(config.unreadable_rules))[:1_000]}",
            )
        flow = () if api.is_system else config.flow(client.record.client_id, api.identifier)
        if not flow:
            return Decided(Granted(scope=checked.scope))
        flow = self._canaries.chosen(flow, config.tenant.name, client.record.client_id)
        deadline = Deadline.after(self._deadline_s)
        wish = self._tapes.wish(config.tenant)
        invocation = invocation_of(flow, client, checked, request, exchange, deadline, wish, shadow_of(flow))
        try:
            ending = await self._dispatcher.run(invocation, deadline, leaving=exchange.left)
        except CannotTravelError as error:
            raise errors.InvalidRequest(
                "the rules cannot be given this request: ask for fewer scopes, or send fewer and shorter parameters",
                detail=str(error),
            ) from error
        exchange.ran_rules(invocation, ending)
        self._canaries.count(flow, invocation, ending)
        return await self._policies.decided(flow, invocation, ending, exchange)

    async def _mint(self, config: TenantConfig, claims: TokenClaims, exchange: Exchange) -> TokenAnswer:
        began_s = time.perf_counter()
        exchange.signs(began_s)
        try:
            minted = await self._minter.mint(config.tenant.name, claims)
        except NoTurnError as error:
            detail = f"signatures of the tenant: {error}"
            raise errors.TemporarilyUnavailable("too many tokens at once: try again", detail=detail) from error
        exchange.minted(claims, minted.kid, took_ms=round((time.perf_counter() - began_s) * 1000, 3))
        return TokenAnswer(minted.token, claims.api.token_lifetime_s, " ".join(claims.scope))
