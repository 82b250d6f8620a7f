"""The two halves of the code flow: the address to send a browser to, and a code → who signed in."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec import Meta

from rulemint_gateway.stores.sessions.records import PersonHolder
from rulemint_gateway.web.sign_in.oidc.discovery import Description, Discovery
from rulemint_gateway.web.sign_in.oidc.fetching import ProviderClient
from rulemint_gateway.web.sign_in.oidc.id_tokens import (
    MAX_ID_TOKEN,
    UnknownKeyError,
    subject_of,
    values_of,
    verified_claims,
)
from rulemint_gateway.web.sign_in.oidc.pending import Pending
from rulemint_shared.contract.oidc_providers import OidcProvider


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a token endpoint's answer that is used. The access token is not."""

    id_token: Annotated[str, Meta(max_length=MAX_ID_TOKEN)]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person that a provider told of."""

    holder: PersonHolder
    subject: str


class CodeFlow:
    """Speaks with providers."""

    def __init__(self, client: ProviderClient) -> None:
        self._client = client
        self._discovery = Discovery(client)

    async def address(self, provider: OidcProvider, pending: Pending, *, redirect_uri: str) -> str:
        """The address of the provider at which *pending* goes on.

        Raises:
            ProviderError: the provider does not describe itself as it must.
        """
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
        self, provider: OidcProvider, pending: Pending, code: str, *, secret: str, redirect_uri: str
    ) -> Person:
        """The one who signed in at *provider*, by the *code* that the browser brought back.

        Raises:
            ProviderError: the provider does not take the code, or answers something else.
            IdTokenError: its ID token is not good.
        """
        known = await self._discovery.of(provider)
        form, headers = _authenticated(known.description, provider, secret)
        form |= {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": pending.verifier,
        }
        endpoint = known.description.token_endpoint
        answer = await self._client.post(endpoint, provider, TokenAnswer, form, headers)
        try:
            claims = verified_claims(answer.id_token, known.keys, provider, nonce=pending.nonce)
        except UnknownKeyError:  # the provider may sign with a new key since it was asked
            known = await self._discovery.of(provider, newer_than_s=known.asked_at_s)
            claims = verified_claims(answer.id_token, known.keys, provider, nonce=pending.nonce)
        holder = PersonHolder(
            provider=provider.name,
            issuer=provider.issuer,
            provider_client_id=provider.client_id,
            sub=claims["sub"],
            values=values_of(claims, provider),
        )
        return Person(holder=holder, subject=subject_of(claims, provider))


def _authenticated(
    description: Description, provider: OidcProvider, secret: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers that prove who the tenant is at *provider* (RFC 6749 §2.3.1)."""
    if "client_secret_basic" in description.token_endpoint_auth_methods_supported:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {"client_id": provider.client_id, "client_secret": secret}, {}
