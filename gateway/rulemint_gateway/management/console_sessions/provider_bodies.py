"""The body and the answer of a provider of OpenID Connect."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.management.nouns.fields import ScopeValue, ScopeValues
from rulemint_shared.contract.oidc_providers import OidcProvider
from rulemint_shared.whole_text import whole

MAX_VALUES = 200
MAX_VALUE = 256
ProviderName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern=whole("[a-z0-9][a-z0-9-]*", means="lower-case letters, digits and hyphens"),
    ),
]
_IdThere = Annotated[
    str, Meta(min_length=1, max_length=256, pattern=whole(r"[\x21-\x7e]+", means="printable ASCII without blanks"))
]
_Issuer = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=whole(r"https?://[^\s?#@\\]+", means="a URL without a query: https://login.example.com"),
    ),
]
_Claim = Annotated[str, Meta(min_length=1, max_length=200)]
_Host = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=whole(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", means="a host: www.example.com, or with its port"),
    ),
]


class PutProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PUT /console-providers/{name}``: all of a provider."""

    issuer: _Issuer
    """As its ID tokens have it in ``iss``."""
    client_id: _IdThere
    client_secret: Annotated[str, Meta(min_length=1, max_length=1_024)] | UnsetType = UNSET
    """It stays if it is left out, as long as issuer and client_id do."""
    claim: _Claim
    """The claim whose values give scopes: its name, or a path such as ``realm_access.roles``."""
    scopes: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=MAX_VALUE)], ScopeValues], Meta(max_length=MAX_VALUES)
    ]
    """A value of the claim → the scopes that it gives."""
    subject_claim: _Claim = "sub"
    """The claim that is shown as the name of who is signed in."""
    request_scopes: Annotated[list[ScopeValue], Meta(max_length=20)] = []
    """Scopes to ask the provider for, besides ``openid``."""
    hosts: Annotated[list[_Host], Meta(max_length=10)] = []
    """Hosts of the provider's endpoints besides the issuer's own."""


class ProviderAnswer(Answer, frozen=True, kw_only=True):
    """A provider. Its secret is never shown."""

    name: str
    issuer: str
    client_id: str
    claim: str
    scopes: dict[str, list[str]]
    subject_claim: str
    request_scopes: list[str]
    hosts: list[str]
    redirect_uri: str
    """The address to register at the provider."""


def provider_answer(provider: OidcProvider, *, issuer: str) -> ProviderAnswer:
    """*provider* as it is shown in the tenant of *issuer*."""
    return ProviderAnswer(
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        claim=provider.claim,
        scopes={value: list(scopes) for value, scopes in provider.scopes.items()},
        subject_claim=provider.subject_claim,
        request_scopes=[scope for scope in provider.request_scopes if scope != "openid"],
        hosts=list(provider.hosts),
        redirect_uri=redirect_uri(issuer),
    )


def redirect_uri(issuer: str) -> str:
    """The address to which a provider sends browsers back, in the tenant of *issuer*."""
    return f"{issuer}console/oidc/callback"
