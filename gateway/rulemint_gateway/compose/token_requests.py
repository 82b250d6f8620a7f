"""Opens the token endpoint, with each step that a token request takes."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

from rulemint_gateway.auth0.error_style import in_auth0_style
from rulemint_gateway.compose.configuration import Configuration
from rulemint_gateway.compose.traffic import Traffic
from rulemint_gateway.limits.pace import Pace
from rulemint_gateway.limits.quota_counts import QuotaCounts
from rulemint_gateway.limits.quota_reports import QuotaReports
from rulemint_gateway.limits.throttle_reports import ThrottleReports
from rulemint_gateway.oauth.client_authentication import ClientAuthenticator
from rulemint_gateway.oauth.failure_policy import FailurePolicies
from rulemint_gateway.oauth.grants.client_credentials import ClientCredentials
from rulemint_gateway.oauth.guarded_authentication import GuardedAuthentication
from rulemint_gateway.oauth.rollouts import Canaries
from rulemint_gateway.oauth.tape_sampling import TapeSampler
from rulemint_gateway.oauth.token_quotas import TokenQuotas
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.traffic.last_answers import LastAnswers
from rulemint_gateway.stores.traffic.minute_counts import RefusedBy
from rulemint_gateway.tokens.minter import Minter
from rulemint_gateway.tokens.signing_threads import SigningThreads, open_signing_threads
from rulemint_gateway.web.callers.issuers import Issuers
from rulemint_gateway.web.callers.proxy_names import keep_looking_up
from rulemint_gateway.web.callers.source_address import ProxyHeader, TrustedProxies
from rulemint_gateway.web.callers.throttling import Throttling
from rulemint_gateway.web.token_endpoint.endpoint import TokenEndpoint
from rulemint_shared.contract.records import ErrorStyle, TapeSampling
from rulemint_shared.process.background import in_background


def a_throttling(settings: GatewaySettings, known: Configuration, traffic: Traffic) -> Throttling:
    """The refusals of those who failed too often, at every endpoint."""
    return Throttling(
        known.catalog,
        traffic.failed,
        reports=ThrottleReports(traffic.audit),
        pace=Pace(settings.throttled_answers),
        count=traffic.metrics.throttled,
        refused=lambda tenant: traffic.exchanges.minutes.note_refused(tenant, RefusedBy.FAILED_LOGINS),
    )


def open_token_endpoint(
    stack: AsyncExitStack, settings: GatewaySettings, known: Configuration, traffic: Traffic, throttling: Throttling
) -> TokenEndpoint:
    """Make it, with its tasks and threads."""
    counts = QuotaCounts(known.redis)
    in_background(stack, counts.write())
    reports = QuotaReports(traffic.audit, traffic.metrics.over_quota, traffic.exchanges.minutes.note_refused)
    last_answers = LastAnswers(known.redis, known.vault)
    in_background(stack, last_answers.write_behind())
    grant = ClientCredentials(
        authenticator=GuardedAuthentication(ClientAuthenticator(known.vault), traffic.failed),
        quotas=TokenQuotas(counts, reports),
        dispatcher=traffic.dispatcher,
        policies=FailurePolicies(last_answers, traffic.dispatcher),
        minter=Minter(known.signing_keys, signing_threads(stack, settings)),
        canaries=Canaries(traffic.rollouts),
        tapes=TapeSampler(TapeSampling(failures=settings.tape_failures, one_in=settings.tape_one_in)),
        deadline_s=settings.request_deadline,
    )
    return TokenEndpoint(
        catalog=known.catalog,
        grant=grant,
        exchanges=traffic.exchanges,
        metrics=traffic.metrics,
        throttling=throttling,
        proxies=_proxies(stack, settings),
        issuers=_issuers(settings),
        wordings={ErrorStyle.AUTH0: in_auth0_style},
    )


def _proxies(stack: AsyncExitStack, settings: GatewaySettings) -> TrustedProxies:
    header = ProxyHeader(settings.proxy_header)
    proxies = TrustedProxies(settings.trusted_networks(), names=settings.proxy_names(), header=header)
    if proxies.names:
        in_background(stack, keep_looking_up(proxies))
    return proxies


def signing_threads(stack: AsyncExitStack, settings: GatewaySettings) -> SigningThreads | None:
    """Make threads that sign with RSA, or none where every processor has a gateway process.

    There a thread would find no free processor, and handing over costs 0.2 ms.
    """
    if settings.gateway_processes >= len(os.sched_getaffinity(0)):
        return None
    return stack.enter_context(open_signing_threads())


def _issuers(settings: GatewaySettings) -> Issuers | None:
    ports = settings.twin_ports()
    return Issuers(http_port=ports[0], https_port=ports[1]) if ports else None
