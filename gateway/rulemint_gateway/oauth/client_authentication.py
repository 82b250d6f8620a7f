"""Authenticates clients. An unknown client and a wrong secret get one answer, after the same time (RFC 6749 §2.3)."""

from __future__ import annotations

import secrets

import msgspec

from rulemint_gateway.oauth.errors import InvalidClient
from rulemint_gateway.oauth.token_request import Credentials, TokenRequest
from rulemint_gateway.stores.catalog.tables import CLIENTS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Client
from rulemint_shared.secrets.vault import Vault


class AuthenticatedClient(msgspec.Struct, frozen=True):
    """A client that has shown one of its live secrets. Only `ClientAuthenticator` makes one."""

    record: Client
    secret_name: str


class ClientAuthenticator:
    """Checks client secrets against their keyed hashes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._nobody = CLIENTS.codec.encode(Client(client_id="", name=""))
        self._no_hash = vault.hash_secret(secrets.token_urlsafe())

    def authenticate(self, config: TenantConfig, request: TokenRequest) -> AuthenticatedClient:
        """The client that *request*'s credentials prove.

        Raises:
            InvalidClient: none of them do.
        """
        for credentials in request.credentials:
            if client := self._check(config, credentials):
                return client
        raise InvalidClient("client authentication failed: check client_id and client_secret")

    def _check(self, config: TenantConfig, credentials: Credentials) -> AuthenticatedClient | None:
        client = config.clients.get(credentials.client_id) or CLIENTS.codec.decode(self._nobody)
        now_ms = unix_ms()
        live = [secret for secret in client.secrets if secret.expires_at_ms is None or secret.expires_at_ms > now_ms]
        matching = [
            secret.name for secret in live if self._vault.secret_matches(credentials.client_secret, secret.hash)
        ]
        if not live:
            self._vault.secret_matches(credentials.client_secret, self._no_hash)
        return AuthenticatedClient(client, matching[0]) if matching else None
