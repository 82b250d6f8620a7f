"""The tenant setting `error_style`: Auth0's whole error table, row by row, and RFC 6749's by default.

See docs/auth0-facts.md §3.3.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from fixtures.facts.token_endpoint import NO_GRANT, NO_GRANT_TYPE, NO_GRANT_TYPE_URI, REFUSED_REQUESTS, changed
from fixtures.management import Management, open_management, read_exchange
from fixtures.system import System
from fixtures.tenants import a_tenant
from fixtures.ways import both_ways

pytestmark = both_ways

SETTINGS = "/api/v2/tenants/settings"


@pytest.fixture(scope="module")
async def auth0_tenant(bare_system: System) -> AsyncIterator[Management]:
    """A tenant that answers as Auth0 does."""
    async with open_management(bare_system.url, bare_system.admin) as operator, a_tenant(operator) as tenant:
        assert (await tenant.call("PATCH", SETTINGS, {"error_style": "auth0"})).status == 200
        yield tenant


@pytest.fixture
async def auth0_style(auth0_tenant: Management, token_headers: dict[str, str]) -> Management:
    """That tenant, asked in one of the two ways."""
    return replace(auth0_tenant, token_headers=token_headers)


async def test_the_style_of_one_tenant_is_no_other_s(management: Management, auth0_style: Management) -> None:
    assert (await management.call("GET", SETTINGS)).body["error_style"] == "rfc6749"
    assert (await auth0_style.call("GET", SETTINGS)).body == {"error_style": "auth0"}
    for tenant, error in ((management, "invalid_client"), (auth0_style, "access_denied")):
        client = await tenant.a_client()
        assert (await tenant.ask(client.request(client_secret="wrong"))).body["error"] == error


async def test_the_style_is_rfc_6749_s_until_it_is_changed(management: Management) -> None:
    assert (await management.call("GET", SETTINGS)).body["error_style"] == "rfc6749"
    changed = await management.call("PATCH", SETTINGS, {"error_style": "auth0"})
    assert (changed.status, changed.body) == (200, {"error_style": "auth0"})
    assert (await management.call("GET", SETTINGS)).body == {"error_style": "auth0"}
    assert (await management.call("PATCH", SETTINGS, {"error_style": "rfc6749"})).body == {"error_style": "rfc6749"}


@pytest.mark.parametrize("body", [{"error_style": "mine"}, {"colour": "x"}], ids=["unknown", "another setting"])
async def test_a_setting_that_does_not_exist_is_a_400(management: Management, body: dict[str, str]) -> None:
    answer = await management.call("PATCH", SETTINGS, body)
    assert answer.status == 400
    assert (await management.call("GET", SETTINGS)).body["error_style"] == "rfc6749"


async def test_without_a_token_the_settings_are_nobody_s(management: Management) -> None:
    assert (await management.call("GET", SETTINGS, token="no token")).status == 401


async def other_api(management: Management) -> str:
    """The audience of an API that only another client may ask for."""
    return (await management.a_client()).audience


@pytest.mark.parametrize(("changes", "status", "error", "description"), REFUSED_REQUESTS)
async def test_a_request_is_refused_in_auth0_s_words(
    auth0_style: Management, changes: dict[str, Any], status: int, error: str, description: str
) -> None:
    client = await auth0_style.a_client()
    answer = await auth0_style.ask(changed(client.request(), changes))
    assert (answer.status, answer.body["error"], answer.body["error_description"]) == (status, error, description)


async def test_a_client_without_the_grant_type_is_refused_in_auth0_s_words(auth0_style: Management) -> None:
    client = await auth0_style.a_client()
    path = f"/api/v2/clients/{client.client_id}"
    assert (await auth0_style.call("PATCH", path, {"grant_types": ["implicit"]})).status == 200
    answer = await auth0_style.ask(client.request())
    assert (answer.status, answer.body["error"]) == (403, "unauthorized_client")
    assert (answer.body["error_description"], answer.body["error_uri"]) == (NO_GRANT_TYPE, NO_GRANT_TYPE_URI)


async def test_an_api_without_a_client_grant_is_refused_in_auth0_s_words(auth0_style: Management) -> None:
    client, audience = await auth0_style.a_client(), await other_api(auth0_style)
    answer = await auth0_style.ask(client.request(audience=audience))
    assert (answer.status, answer.body["error"]) == (403, "access_denied")
    assert answer.body["error_description"] == NO_GRANT.format(audience=audience)


RULES = [
    pytest.param("cb(new Error('sesame'))", 500, "server_error", "sesame", id="a plain error"),
    pytest.param("cb('sesame')", 500, "server_error", "sesame", id="a text"),
    pytest.param("cb(new ServerError('sesame'))", 500, "server_error", "sesame", id="ServerError"),
    pytest.param("cb(new InvalidScopeError('sesame'))", 400, "invalid_scope", "sesame", id="InvalidScopeError"),
    pytest.param("cb(new InvalidRequestError('sesame'))", 400, "invalid_request", "sesame", id="InvalidRequestError"),
    pytest.param("cb(new AccessDenied('sesame'))", 403, "access_denied", "sesame", id="AccessDenied, which is ours"),
    pytest.param(
        "throw new Error('hidden')", 500, "server_error", "Script generated an unhandled synchronous exception.",
        id="a throw",
    ),
    pytest.param("cb(null, { a: 1n })", 500, "server_error",
                 "Error when JSON serializing the result of the extension point", id="a result that is none"),
    pytest.param("setTimeout(cb, 60_000)", 500, "server_error", "Request to Webtask exceeded allowed execution time",
                 id="a callback that comes too late"),
    pytest.param("", 500, "server_error", "Script generated an unhandled synchronous exception.", id="no callback"),
    pytest.param("(", 500, "server_error", "Unable to compile the extensibility code as javascript", id="no code"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "error", "description"), RULES)
async def test_a_rule_refuses_or_fails_in_auth0_s_words(
    auth0_style: Management, body: str, status: int, error: str, description: str
) -> None:
    client = await auth0_style.a_client()
    script = f"module.exports = function (client, scope, audience, context, cb) {{ {body} }};"
    async with auth0_style.rule(script, no_check=True):
        answer = await auth0_style.ask(client.request())
        record = await read_exchange(auth0_style, answer.headers["x-request-id"])
    assert (answer.status, answer.body["error"], answer.body["error_description"]) == (status, error, description)
    assert (record["status"], record["error"]) == (status, error)
    assert "hidden" not in answer.text


@pytest.mark.parametrize(
    ("call", "status", "error"),
    [
        pytest.param("deny('invalid_scope', 'sesame')", 400, "invalid_scope", id="invalid_scope"),
        pytest.param("deny('invalid_request', 'sesame')", 400, "invalid_request", id="invalid_request"),
        pytest.param("deny('server_error', 'sesame')", 500, "server_error", id="server_error"),
        pytest.param("deny('sesame')", 500, "server_error", id="a reason alone"),
    ],
)
async def test_an_action_denies_in_auth0_s_words(auth0_style: Management, call: str, status: int, error: str) -> None:
    client = await auth0_style.a_client()
    script = f"exports.onExecuteCredentialsExchange = async (event, api) => {{ api.access.{call}; }};"
    async with auth0_style.rule(script):
        answer = await auth0_style.ask(client.request())
    assert (answer.status, answer.body["error"], answer.body["error_description"]) == (status, error, "sesame")
