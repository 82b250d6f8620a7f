"""A provider's own description of itself and its keys, kept for a while (OpenID Connect Discovery 1.0 §4)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from rulemint_gateway.web.sign_in.oidc.fetching import ProviderClient, ProviderError
from rulemint_shared.contract.oidc_providers import OidcProvider

KNOWN_S = 600.0
"""A description is asked for anew after so long."""
ASK_AGAIN_S = 10.0
"""A provider that failed is asked again after so long, and keys are asked for anew no more often."""
MAX_KNOWN = 256
"""Providers of all tenants whose descriptions are kept."""
MAX_KEYS = 100
_Url = Annotated[str, Meta(max_length=2_000)]


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a provider's metadata that are used."""

    issuer: _Url
    authorization_endpoint: _Url
    token_endpoint: _Url
    jwks_uri: _Url
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False
    """Each way back names the provider (RFC 9207 §3)."""


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's public keys (RFC 7517 §5)."""

    keys: Annotated[list[dict[str, Any]], Meta(max_length=MAX_KEYS)]


class Known(NamedTuple):
    """A provider as it was when it was asked."""

    description: Description
    keys: KeySet
    asked_at_s: float


class Discovery:
    """Knows providers. Of one, one request is under way at a time."""

    def __init__(self, client: ProviderClient) -> None:
        self._client = client
        self._known: OrderedDict[tuple[str, tuple[str, ...]], Known] = OrderedDict()
        self._failed: OrderedDict[tuple[str, tuple[str, ...]], tuple[float, str]] = OrderedDict()
        self._turns: dict[tuple[str, tuple[str, ...]], asyncio.Lock] = {}

    async def of(self, provider: OidcProvider, *, newer_than_s: float | None = None) -> Known:
        """The description and the keys of *provider*: newer ones than those of *newer_than_s*, unless asked just now.

        Raises:
            ProviderError: the provider does not describe itself as it must.
        """
        place = (provider.issuer, provider.hosts)
        turn = self._turns.setdefault(place, asyncio.Lock())
        try:
            async with turn:
                return await self._looked_up(place, provider, newer_than_s)
        finally:
            if not turn.locked():
                self._turns.pop(place, None)

    async def _looked_up(
        self, place: tuple[str, tuple[str, ...]], provider: OidcProvider, newer_than_s: float | None
    ) -> Known:
        now_s = time.monotonic()
        known = self._known.get(place)
        if known is not None and now_s - known.asked_at_s < KNOWN_S:
            is_new = newer_than_s is None or known.asked_at_s > newer_than_s
            if is_new or now_s - known.asked_at_s < ASK_AGAIN_S:
                return known
        failed_s, why = self._failed.get(place, (0.0, ""))
        if why and now_s - failed_s < ASK_AGAIN_S:
            raise ProviderError(why)
        try:
            found = await self._ask(provider)
        except ProviderError as error:
            _keep(self._failed, place, (now_s, str(error)))
            raise
        self._failed.pop(place, None)
        _keep(self._known, place, found)
        return found

    async def _ask(self, provider: OidcProvider) -> Known:
        url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        description = await self._client.get(url, provider, Description)
        if description.issuer != provider.issuer:
            raise ProviderError(f"{provider.issuer} names another issuer: write it as the provider does")
        for endpoint in (description.authorization_endpoint, description.token_endpoint, description.jwks_uri):
            self._client.check(endpoint, provider)
        keys = await self._client.get(description.jwks_uri, provider, KeySet)
        return Known(description, keys, time.monotonic())


def _keep(kept: OrderedDict[Any, Any], name: Any, value: Any) -> None:
    kept[name] = value
    kept.move_to_end(name)
    if len(kept) > MAX_KNOWN:
        kept.popitem(last=False)
