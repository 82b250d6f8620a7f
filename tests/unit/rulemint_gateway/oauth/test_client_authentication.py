from __future__ import annotations

import base64
import secrets

import pytest

from rulemint_gateway.oauth.client_authentication import ClientAuthenticator
from rulemint_gateway.oauth.errors import InvalidClient
from rulemint_gateway.oauth.parameters import parameters_of
from rulemint_gateway.oauth.token_request import Credentials, TokenRequest
from rulemint_gateway.stores.catalog.tables import CLIENTS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Client, ClientSecret, Tenant
from rulemint_shared.secrets.vault import Vault


@pytest.fixture
def vault() -> Vault:
    return Vault([base64.urlsafe_b64encode(secrets.token_bytes(32))])


def a_config(*client_secrets: ClientSecret) -> TenantConfig:
    config = TenantConfig(Tenant(name="default", issuer="https://iss/"))
    config.put(CLIENTS, Client(client_id="c", name="c", secrets=client_secrets))
    return config


def a_secret(vault: Vault, value: str, *, expires_at_ms: int | None = None) -> ClientSecret:
    return ClientSecret(name=value, hash=vault.hash_secret(value), created_at_ms=0, expires_at_ms=expires_at_ms)


def a_request(*credentials: Credentials) -> TokenRequest:
    return TokenRequest(credentials=list(credentials), audience="a", scope=[], as_sent=parameters_of({}))


def test_each_live_secret_of_a_client_proves_it(vault: Vault) -> None:
    config = a_config(a_secret(vault, "old"), a_secret(vault, "new"))
    authenticator = ClientAuthenticator(vault)
    for value in ("old", "new"):
        client = authenticator.authenticate(config, a_request(Credentials("c", value)))
        assert (client.record.client_id, client.secret_name) == ("c", value)


def test_the_second_reading_of_basic_credentials_counts_too(vault: Vault) -> None:
    config = a_config(a_secret(vault, "a b"))
    request = a_request(Credentials("c", "a%20b"), Credentials("c", "a b"))
    assert ClientAuthenticator(vault).authenticate(config, request).record.client_id == "c"


@pytest.mark.parametrize(
    "credentials",
    [Credentials("c", "wrong"), Credentials("nobody", "right"), Credentials("", "right"), Credentials("c", "expired")],
    ids=["wrong secret", "unknown client", "no client", "expired secret"],
)
def test_unknown_client_and_wrong_secret_get_the_same_answer(vault: Vault, credentials: Credentials) -> None:
    config = a_config(a_secret(vault, "right"), a_secret(vault, "expired", expires_at_ms=unix_ms() - 1))
    with pytest.raises(InvalidClient) as refused:
        ClientAuthenticator(vault).authenticate(config, a_request(credentials))
    assert refused.value.description == "client authentication failed: check client_id and client_secret"
