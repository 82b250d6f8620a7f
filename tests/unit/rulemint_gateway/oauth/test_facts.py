"""The facts about the token endpoint (docs/auth0-facts.md §1.6, §3.1 to §3.3, §3.6), step by step and without HTTP."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest

from fixtures.facts.token_endpoint import NO_GRANT, NO_GRANT_TYPE, NO_GRANT_TYPE_URI, REFUSED_REQUESTS, changed
from rulemint_gateway.auth0.error_style import in_auth0_style
from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.client_authentication import ClientAuthenticator
from rulemint_gateway.oauth.client_grants import CheckedGrant, check_grant
from rulemint_gateway.oauth.grant_types import CLIENT_CREDENTIALS_GRANT
from rulemint_gateway.oauth.grants.client_credentials import TokenAnswer
from rulemint_gateway.oauth.outcomes import granted_or_raise
from rulemint_gateway.oauth.token_request import parse_token_request
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.contract.messages import DenialCode, Denied, Failed, FailureReason, Outcome
from rulemint_shared.contract.records import Client, ClientGrant, ClientSecret, ResourceServer, Tenant
from rulemint_shared.secrets.vault import Vault

VAULT = Vault([base64.urlsafe_b64encode(secrets.token_bytes(32))])
API, OTHER = "https://api.example.com/", "https://other.example.com/"
REQUEST = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "se c:ret%", "audience": API}


def a_config(**client: Any) -> TenantConfig:
    """A tenant of one client, which may ask one of two APIs for two scopes."""
    config = TenantConfig(Tenant(name="default", issuer="https://iss/"))
    secret = ClientSecret(name="first", hash=VAULT.hash_secret(REQUEST["client_secret"]), created_at_ms=0)
    config.put(CLIENTS, Client(client_id="c", name="c", secrets=(secret,), **client))
    for audience in (API, OTHER):
        config.put(RESOURCE_SERVERS, ResourceServer(id=audience, identifier=audience))
    config.put(CLIENT_GRANTS, ClientGrant(id="g", client_id="c", audience=API, scope=("read", "write")))
    return config


def checked(
    parameters: dict[str, Any], *, authorization: str | None = None, default_audience: str = "", **client: Any
) -> CheckedGrant:
    """What a request is about to be granted."""
    config = a_config(**client)
    request = parse_token_request(parameters, authorization, default_audience=default_audience)
    return check_grant(
        config, ClientAuthenticator(VAULT).authenticate(config, request), request, CLIENT_CREDENTIALS_GRANT
    )


def refused(parameters: dict[str, Any], **client: Any) -> errors.OAuthError:
    """Why it is not, in Auth0's words."""
    with pytest.raises(errors.OAuthError) as caught:
        checked(parameters, **client)
    return in_auth0_style(caught.value)


@pytest.mark.parametrize(("changes", "status", "error", "description"), REFUSED_REQUESTS)
def test_a_request_is_refused_in_auth0_s_words(
    changes: dict[str, Any], status: int, error: str, description: str
) -> None:
    refusal = refused(changed(REQUEST, changes))
    assert (refusal.status, refusal.error, refusal.description) == (status, error, description)


def test_an_api_without_a_client_grant_is_refused_in_auth0_s_words() -> None:
    refusal = refused({**REQUEST, "audience": OTHER})
    assert (refusal.status, refusal.error) == (403, "access_denied")
    assert refusal.description == NO_GRANT.format(audience=OTHER)


def test_a_client_without_the_grant_type_is_refused_in_auth0_s_words() -> None:
    refusal = refused(REQUEST, grant_types=("implicit",))
    assert (refusal.status, refusal.error, refusal.description) == (403, "unauthorized_client", NO_GRANT_TYPE)
    assert refusal.uri == NO_GRANT_TYPE_URI


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        pytest.param(None, ["read", "write"], id="no scope is all of the grant"),
        pytest.param("write", ["write"], id="a part is that part"),
        pytest.param("write read write", ["write", "read"], id="each scope once, as it was asked for"),
    ],
)
def test_without_a_rule_the_scopes_are_those_of_the_request_or_of_the_grant(
    scope: str | None, granted: list[str]
) -> None:
    assert checked({**REQUEST, "scope": scope}).scope == granted


@pytest.mark.parametrize(
    ("parameters", "more"),
    [
        pytest.param({**REQUEST, "organization": None}, {}, id="a JSON null is absent"),
        pytest.param({**REQUEST, "org_id": "org_1", "any": [1]}, {}, id="other parameters"),
        pytest.param(changed(REQUEST, {"audience": None, "resource": API}), {}, id="resource instead of audience"),
        pytest.param(changed(REQUEST, {"audience": None}), {"default_audience": API}, id="the default audience"),
    ],
)
def test_a_request_is_taken_in_every_shape_that_auth0_takes(parameters: dict[str, Any], more: dict[str, str]) -> None:
    assert checked(parameters, **more).api.identifier == API


@pytest.mark.parametrize("sent", ["c:se c:ret%", "c:se+c%3Aret%25", "c:se%20c%3aret%25"])
def test_basic_credentials_are_split_at_the_first_colon_raw_or_percent_encoded(sent: str) -> None:
    authorization = f"Basic {base64.b64encode(sent.encode()).decode()}"
    request = changed(REQUEST, {"client_id": None, "client_secret": None})
    assert checked(request, authorization=authorization).scope == ["read", "write"]


OUTCOMES = [
    pytest.param(Denied(code=DenialCode.ACCESS_DENIED, message="m", plain=True), 500, "server_error", "m", id="Error"),
    pytest.param(Denied(code=DenialCode.SERVER_ERROR, message="m"), 500, "server_error", "m", id="ServerError"),
    pytest.param(Denied(code=DenialCode.INVALID_SCOPE, message="m"), 400, "invalid_scope", "m", id="InvalidScopeError"),
    pytest.param(
        Denied(code=DenialCode.INVALID_REQUEST, message="m"), 400, "invalid_request", "m", id="InvalidRequestError"
    ),
    pytest.param(
        Failed(reason=FailureReason.EXCEPTION, detail="inside"), 500, "server_error",
        "Script generated an unhandled synchronous exception.", id="a throw",
    ),
    pytest.param(
        Failed(reason=FailureReason.TIMEOUT, detail="inside"), 500, "server_error",
        "Request to Webtask exceeded allowed execution time", id="no callback",
    ),
    pytest.param(
        Failed(reason=FailureReason.SYNTAX, detail="inside"), 500, "server_error",
        "Unable to compile the extensibility code as javascript", id="no code",
    ),
    pytest.param(
        Failed(reason=FailureReason.BAD_RESULT, detail="inside"), 500, "server_error",
        "Error when JSON serializing the result of the extension point", id="a result that is none",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "status", "error", "description"), OUTCOMES)
def test_a_rule_refuses_or_fails_in_auth0_s_words(outcome: Outcome, status: int, error: str, description: str) -> None:
    with pytest.raises(errors.OAuthError) as caught:
        granted_or_raise(outcome)
    refusal = in_auth0_style(caught.value)
    assert (refusal.status, refusal.error, refusal.description) == (status, error, description)


def test_a_token_answer_says_bearer_and_how_long() -> None:
    answer = TokenAnswer("e30.e30.", 86_400, "read")
    assert (answer.token_type, answer.expires_in, answer.scope) == ("Bearer", 86_400, "read")
