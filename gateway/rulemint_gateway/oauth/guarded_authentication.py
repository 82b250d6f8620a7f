"""Authentication of clients that is refused, before any secret is compared, to who has failed too often."""

from __future__ import annotations

from collections.abc import Iterable

from rulemint_gateway.limits.failed_authentication import FailedAuthentication
from rulemint_gateway.oauth.client_authentication import AuthenticatedClient, ClientAuthenticator
from rulemint_gateway.oauth.errors import InvalidClient, Throttled
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig


class GuardedAuthentication:
    """`ClientAuthenticator`, with a count of what fails."""

    def __init__(self, authenticator: ClientAuthenticator, failed: FailedAuthentication) -> None:
        self._authenticator = authenticator
        self._failed = failed

    def check(self, config: TenantConfig, request: TokenRequest, source: str) -> None:
        """Return if the client of *request* may try now from *source*.

        Raises:
            Throttled: it failed too often.
        """
        client_ids = _client_ids(request)
        if throttled := self._failed.throttled_client(config.tenant.name, client_ids, source):
            raise Throttled(throttled, client_id=known_client(config, client_ids))

    def authenticate(self, config: TenantConfig, request: TokenRequest, source: str) -> AuthenticatedClient:
        """The client that *request*'s credentials prove.

        Raises:
            InvalidClient: none of them do.
        """
        try:
            client = self._authenticator.authenticate(config, request)
        except InvalidClient:
            self._failed.client_failed(config.tenant.name, _client_ids(request), source)
            raise
        self._failed.client_proved(config.tenant.name, client.record.client_id, source)
        return client


def known_client(config: TenantConfig, client_ids: Iterable[str]) -> str:
    """The first of *client_ids* that there is; empty if there is none. Others are text that anybody may have sent."""
    return next((client_id for client_id in client_ids if client_id in config.clients), "")


def _client_ids(request: TokenRequest) -> list[str]:
    """Each reading of the client id once: in HTTP Basic, the same client can be written in many ways."""
    if len(request.credentials) == 1:
        return [request.credentials[0].client_id]
    return list({credentials.client_id: None for credentials in request.credentials})
