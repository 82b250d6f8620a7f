"""Public metadata: the public keys and the two discovery documents (RFC 7517 §5, RFC 8414 §3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.oauth.grant_types import GRANT_TYPES
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_gateway.web.callers.issuers import issuer_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.cacheable import cacheable_answer
from rulemint_gateway.web.http.operations import Operation
from rulemint_shared.contract.records import SigningAlgorithm

_PUBLISHED = tuple(algorithm for algorithm in SigningAlgorithm if algorithm is not SigningAlgorithm.HS256)
"""The algorithms that any API may choose. Metadata is cached, so it names them before the first API does."""


class KeySet(Answer, frozen=True, kw_only=True):
    """Public keys (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


class ServerMetadata(Answer, frozen=True, kw_only=True):
    """The metadata of the authorization server that a client needs (RFC 8414 §2)."""

    issuer: str
    authorization_endpoint: str
    """There because clients demand it; it answers ``unsupported_response_type``."""
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    response_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]


class Metadata:
    """``/.well-known/*`` of a tenant."""

    def __init__(self, catalog: Catalog, keys: SigningKeys) -> None:
        self._catalog = catalog
        self._keys = keys

    def operations(self) -> list[Operation]:
        """The three documents."""
        return [
            Operation(
                method="GET",
                path="/.well-known/jwks.json",
                handle=self.jwks,
                tag="Discovery",
                summary="Read the public keys",
                answer=KeySet,
                etag=True,
            ),
            *(
                Operation(
                    method="GET",
                    path=f"/.well-known/{name}",
                    handle=self.discovery,
                    tag="Discovery",
                    summary=f"Read the metadata of {standard}",
                    answer=ServerMetadata,
                    etag=True,
                )
                for name, standard in (
                    ("openid-configuration", "OpenID Connect Discovery"),
                    ("oauth-authorization-server", "RFC 8414"),
                )
            ),
        ]

    async def jwks(self, request: web.Request) -> web.Response:
        """The tenant's public keys."""
        config = tenant_of(request, self._catalog)
        return cacheable_answer(request, {"keys": self._keys.public_jwks(config.tenant.name)})

    async def discovery(self, request: web.Request) -> web.Response:
        """The tenant's authorization server metadata, under both of its well-known names."""
        config = tenant_of(request, self._catalog)
        in_use = {api.signing_alg for api in config.resource_servers.values()}
        return cacheable_answer(request, server_metadata(issuer_of(request, config), in_use))


def server_metadata(issuer: str, in_use: Collection[SigningAlgorithm]) -> dict[str, Any]:
    """The metadata of *issuer*, which ends with a slash; *in_use* are the algorithms of its APIs."""
    shared_secret = [algorithm for algorithm in in_use if algorithm not in _PUBLISHED]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}authorize",
        "token_endpoint": f"{issuer}oauth/token",
        "jwks_uri": f"{issuer}.well-known/jwks.json",
        "grant_types_supported": list(GRANT_TYPES),
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [str(algorithm) for algorithm in (*_PUBLISHED, *shared_secret)],
    }
