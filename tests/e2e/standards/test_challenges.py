"""Every 401 says how to log in (RFC 9110 §11.6.1), and a 403 of a bearer token says what it lacks (RFC 6750 §3)."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from typing import Any

import pytest

from fixtures.management import Management

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("style", ["rfc6749", "auth0"])
@pytest.mark.parametrize(
    ("credentials", "headers"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"client_id": "x"}, {}, id="no secret"),
        pytest.param({"client_id": "x", "client_secret": "y"}, {}, id="a wrong secret in the body"),
        pytest.param({}, {"Authorization": "Basic eDp5"}, id="a wrong secret as HTTP Basic"),
        pytest.param({}, {"Authorization": "Bearer eDp5"}, id="another scheme"),
        pytest.param({}, {"Authorization": "Basic ???"}, id="no base64"),
    ],
)
async def test_every_failed_authentication_at_the_token_endpoint_asks_for_basic(
    management: Management, style: str, credentials: dict[str, str], headers: dict[str, str]
) -> None:
    """RFC 6749 §5.2."""
    await management.call("PATCH", "/api/v2/tenants/settings", {"error_style": style})
    try:
        body = {"grant_type": "client_credentials", "audience": "x", **credentials}
        answer = await management.ask(data=body, headers={**FORM, **headers})
    finally:
        await management.call("PATCH", "/api/v2/tenants/settings", {"error_style": "rfc6749"})
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="token", charset="UTF-8"'


async def test_a_client_that_waits_to_be_asked_gets_its_token(management: Management) -> None:
    """Python's own handler sends no credentials before a challenge, as Java's HttpClient does."""
    client = await management.a_client()
    body = {"grant_type": "client_credentials", "audience": client.audience}

    def ask() -> Any:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, management.url, client.client_id, client.client_secret)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
        with opener.open(f"{management.url}/oauth/token", urllib.parse.urlencode(body).encode()) as answer:
            return json.load(answer)

    assert (await asyncio.to_thread(ask))["token_type"] == "Bearer"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
async def test_curl_that_may_log_in_in_any_way_gets_its_token(management: Management) -> None:
    client = await management.a_client()
    login = f"{client.client_id}:{client.client_secret}"
    fields = ["-d", "grant_type=client_credentials", "-d", f"audience={client.audience}"]
    command = ["curl", "-s", "--anyauth", "-u", login, f"{management.url}/oauth/token", *fields]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    assert json.loads(done.stdout)["token_type"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/v2/clients", "/logs", "/api/webtask/default"])
async def test_a_call_without_a_token_is_asked_for_one_and_told_no_error(management: Management, path: str) -> None:
    """RFC 6750 §3.1: without authentication information there is no error code."""
    async with management.session.get(f"{management.url}{path}") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="management"'


@pytest.mark.parametrize("path", ["/api/v2/clients", "/logs", "/api/webtask/default"])
async def test_a_bad_token_is_named_as_the_error(management: Management, path: str) -> None:
    answer = await management.call("GET", path, token="no.good.token")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="management", error="invalid_token", error_desc')


async def test_a_token_that_lacks_a_scope_is_told_which(management: Management) -> None:
    reader = await management.create("clients", {"name": "a reader"})
    audience = management.admin["audience"]
    grant = {"client_id": reader["client_id"], "audience": audience, "scope": ["read:clients"]}
    await management.create("client-grants", grant)
    request = {
        "grant_type": "client_credentials",
        "client_id": reader["client_id"],
        "client_secret": reader["client_secret"],
        "audience": audience,
    }
    token = (await management.ask(request)).body["access_token"]
    answer = await management.call("GET", "/api/v2/rules", token=token)
    assert answer.status == 403
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="management", error="insufficient_scope", scope="read:rules"'
    )
