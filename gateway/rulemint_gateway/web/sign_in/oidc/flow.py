"""The two halves of the code flow: the address to send a browser to, and a code → who signed in."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.stores.sessions.records import PersonHolder
from rulemint_gateway.web.sign_in.oidc.discovery import Description, Discovery
from rulemint_gateway.web.sign_in.oidc.fetching import ProviderClient
from rulemint_gateway.web.sign_in.oidc.id_tokens import (
    MAX_ID_TOKEN,
    IdTokenError,
    UnknownKeyError,
    subject_of,
    values_of,
    verified_claims,
)
from rulemint_gateway.web.sign_in.oidc.pending import Pending
from rulemint_shared.contract.oidc_providers import OidcProvider

MAX_UNDER_WAY = 8
"""Sign-ins of one tenant that ask its providers at once: a slow provider holds up no other tenant's."""


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a token endpoint's answer that is used. The access token is not."""

    id_token: Annotated[str, Meta(max_length=MAX_ID_TOKEN)]


class Returned(NamedTuple):
    """The parts of a way back that a provider may have written, or anybody else."""

    code: str
    iss: str
    """Empty: the way back names no provider."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person that a provider told of."""

    holder: PersonHolder
    subject: str


class CodeFlow:
    """Speaks with providers."""

    def __init__(self, client: ProviderClient) -> None:
        self._client = client
        self._discovery = Discovery(client)
        self._under_way: Counter[str] = Counter()

    async def address(self, provider: OidcProvider, pending: Pending, *, redirect_uri: str) -> str:
        """The address of the provider at which *pending* goes on.

        Raises:
            ProviderError: the provider does not describe itself as it must.
            UnavailableError: too many sign-ins of the tenant ask its providers now.
        """
        with self._turn(pending.tenant):
            endpoint = (await self._discovery.of(provider)).description.authorization_endpoint
        challenge = hashlib.sha256(pending.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(provider.request_scopes),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def person(
        self, provider: OidcProvider, pending: Pending, returned: Returned, *, secret: str, redirect_uri: str
    ) -> Person:
        """The one who signed in at *provider*, by what the browser brought back.

        Raises:
            ProviderError: the provider does not take the code, or answers something else.
            IdTokenError: its ID token is not good, or the code may be another provider's.
            UnavailableError: too many sign-ins of the tenant ask its providers now.
        """
        with self._turn(pending.tenant):
            claims = await self._claims(provider, pending, returned, secret=secret, redirect_uri=redirect_uri)
        holder = PersonHolder(
            provider=provider.name,
            issuer=provider.issuer,
            provider_client_id=provider.client_id,
            sub=claims["sub"],
            values=values_of(claims, provider),
        )
        return Person(holder=holder, subject=subject_of(claims, provider))

    async def _claims(
        self, provider: OidcProvider, pending: Pending, returned: Returned, *, secret: str, redirect_uri: str
    ) -> dict[str, Any]:
        known = await self._discovery.of(provider)
        is_told = known.description.authorization_response_iss_parameter_supported
        if returned.iss != provider.issuer and (is_told or returned.iss):  # RFC 9207 §2.4
            raise IdTokenError("another provider answered than the one that was asked")
        form, headers = _authenticated(known.description, provider, secret)
        form |= {
            "grant_type": "authorization_code",
            "code": returned.code,
            "redirect_uri": redirect_uri,
            "code_verifier": pending.verifier,
        }
        endpoint = known.description.token_endpoint
        answer = await self._client.post(endpoint, provider, TokenAnswer, form, headers)
        try:
            return verified_claims(answer.id_token, known.keys, provider, nonce=pending.nonce)
        except UnknownKeyError:  # the provider may sign with a new key since it was asked
            known = await self._discovery.of(provider, newer_than_s=known.asked_at_s)
            return verified_claims(answer.id_token, known.keys, provider, nonce=pending.nonce)

    @contextmanager
    def _turn(self, tenant: str) -> Iterator[None]:
        if self._under_way[tenant] >= MAX_UNDER_WAY:
            raise UnavailableError("Too many people sign in at once: try again in a moment")
        self._under_way[tenant] += 1
        try:
            yield
        finally:
            self._under_way[tenant] -= 1
            self._under_way += Counter()


def _authenticated(
    description: Description, provider: OidcProvider, secret: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers that prove who the tenant is at *provider* (RFC 6749 §2.3.1)."""
    if "client_secret_basic" in description.token_endpoint_auth_methods_supported:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {"client_id": provider.client_id, "client_secret": secret}, {}
