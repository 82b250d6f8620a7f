from __future__ import annotations

from typing import Any

import pytest

from fixtures.management import Management, open_management
from fixtures.waiting import eventually

KEPT: dict[str, Any] = {
    "app_type": "regular_web",
    "logo_uri": "https://example.com/logo.png",
    "is_first_party": False,
    "oidc_conformant": True,
    "callbacks": ["https://example.com/callback"],
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36_000, "secret_encoded": False},
    "token_quota": {"client_credentials": {"enforce": False, "per_day": 10}},
    "organization_usage": "deny",
    "refresh_token": {"rotation_type": "non-rotating", "expiration_type": "non-expiring"},
}


async def test_what_auth0_s_tools_send_comes_back_as_it_was_sent(management: Management) -> None:
    made = await management.create("clients", {"name": "kept", **KEPT})
    path = f"/api/v2/clients/{made['client_id']}"
    read = (await management.call("GET", path)).body
    assert {name: read[name] for name in KEPT} == KEPT
    patched = (await management.call("PATCH", path, {"logo_uri": None, "callbacks": []})).body
    assert "logo_uri" not in patched
    assert patched["callbacks"] == []
    assert patched["token_quota"] == KEPT["token_quota"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(
            {"client_authentication_methods": {"private_key_jwt": {}}}, "client_authentication_methods",
            id="another proof than a secret",
        ),
        pytest.param({"require_proof_of_possession": True}, "require_proof_of_possession", id="proof of possession"),
        pytest.param({"jwt_configuration": {"a": 2**70}}, "jwt_configuration", id="an integer of 71 bits"),
        pytest.param({"addons": {"a" * 256: 1}}, "addons", id="a long name in a kept object"),
        pytest.param(
            {"addons": {"azure_blob": {"accountName": "a", "storageAccessKey": "k"}}},
            "addons.azure_blob.storageAccessKey", id="a secret of an addon",
        ),
        pytest.param({"encryption_key": {"pub": "-----BEGIN PRIVATE KEY-----"}}, "encryption_key.pub", id="private"),
        pytest.param({"encryption_key": {"pem": "p"}}, "encryption_key.pem", id="more than the public half of a key"),
        pytest.param({"callbacks": ["x" * 2_049]}, "callbacks[0]", id="a long URL"),
        pytest.param({"organization_usage": "maybe"}, "organization_usage", id="a value that Auth0 does not know"),
        pytest.param({"token_endpoint_auth_method": "magic"}, "token_endpoint_auth_method", id="an unknown method"),
        pytest.param({"grant_types": "client_credentials"}, "grant_types", id="a text for a list"),
    ],
)  # fmt: skip
async def test_what_cannot_be_kept_or_promised_is_refused_by_name(
    management: Management, body: dict[str, Any], field: str
) -> None:
    answer = await management.call("POST", "/api/v2/clients", {"name": "a", **body})
    assert (answer.status, answer.body["field"]) == (400, field), answer.text


async def test_kept_fields_have_a_limit_together(management: Management) -> None:
    body = {"name": "large", "custom_login_page": "x" * 32_768, "form_template": "x" * 32_768}
    assert (await management.call("POST", "/api/v2/clients", body)).status == 400


async def test_a_client_for_other_grant_types_gets_no_token(management: Management) -> None:
    client = await management.a_client()
    path = f"/api/v2/clients/{client.client_id}"
    for change in ({"grant_types": ["authorization_code"]}, {"token_endpoint_auth_method": "none"}):
        await management.call("PATCH", path, change)
        refused = await management.ask(client.request())
        assert (refused.status, refused.body["error"]) == (400, "unauthorized_client"), refused.text
        await management.call("PATCH", path, dict.fromkeys(change))
        assert (await management.ask(client.request())).status == 200


async def test_a_rotated_secret_is_shown_once_and_is_the_only_one(management: Management) -> None:
    client = await management.a_client()
    rotated = await management.call("POST", f"/api/v2/clients/{client.client_id}/rotate-secret")
    assert rotated.status == 200, rotated.text
    assert rotated.body["client_id"] == client.client_id
    assert (await management.ask(client.request())).status == 401
    assert (await management.ask(client.request(client_secret=rotated.body["client_secret"]))).status == 200
    assert (await management.call("POST", "/api/v2/clients/nobody/rotate-secret")).status == 404


async def test_two_secrets_live_until_the_old_one_ends(management: Management) -> None:
    client = await management.a_client()
    path = f"/api/v2/clients/{client.client_id}/secrets"
    made = await management.call("POST", path, {"name": "next", "others_expire_in": 3_600})
    assert made.status == 201, made.text
    for secret in (client.client_secret, made.body["client_secret"]):
        assert (await management.ask(client.request(client_secret=secret))).status == 200
    listed = await management.call("GET", path)
    assert [(each["name"], each["expires_at"] is None) for each in listed.body] == [("first", False), ("next", True)]
    assert made.body["client_secret"] not in listed.text
    assert (await management.call("DELETE", f"{path}/first")).status == 204
    assert (await management.ask(client.request())).status == 401
    assert (await management.ask(client.request(client_secret=made.body["client_secret"]))).status == 200


async def test_a_secret_can_end_the_others_at_once_and_can_end_itself(management: Management) -> None:
    client = await management.a_client()
    path = f"/api/v2/clients/{client.client_id}/secrets"
    made = (await management.call("POST", path, {"others_expire_in": 0})).body
    assert (await management.ask(client.request())).status == 401
    ended = (await management.call("POST", path, {"name": "ended", "expires_in": 0})).body
    assert (await management.ask(client.request(client_secret=ended["client_secret"]))).status == 401
    assert (await management.ask(client.request(client_secret=made["client_secret"]))).status == 200


async def test_the_number_of_secrets_and_their_names_are_limited(management: Management) -> None:
    client = await management.a_client()
    path = f"/api/v2/clients/{client.client_id}/secrets"
    again = await management.call("POST", path, {"name": "first"})
    assert (again.status, again.body["field"]) == (409, "name")
    for _ in range(4):
        assert (await management.call("POST", path, {})).status == 201
    refused = await management.call("POST", path, {})
    assert (refused.status, refused.body["errorCode"]) == (400, "too_many_secrets")


async def test_when_a_secret_was_last_used_is_shown(management: Management) -> None:
    client = await management.a_client()
    path = f"/api/v2/clients/{client.client_id}/secrets"
    assert (await management.call("GET", path)).body[0]["last_used_at"] is None
    await management.ask(client.request())

    async def is_shown() -> bool:
        return (await management.call("GET", path)).body[0]["last_used_at"] is not None

    await eventually(is_shown)


async def test_who_may_change_clients_may_not_set_their_secrets(management: Management) -> None:
    client = await management.a_client()
    made = await management.create("clients", {"name": "changes clients"})
    audience = management.admin["audience"]
    grant = {"client_id": made["client_id"], "audience": audience, "scope": ["read:clients", "update:clients"]}
    await management.create("client-grants", grant)
    async with open_management(management.url, {**made, "audience": audience}) as limited:
        path = f"/api/v2/clients/{client.client_id}"
        assert (await limited.call("PATCH", path, {"name": "renamed"})).status == 200
        for method, below, body in (
            ("PATCH", "", {"client_secret": "x" * 16}),
            ("POST", "/rotate-secret", None),
            ("POST", "/secrets", {}),
            ("GET", "/secrets", None),
            ("DELETE", "/secrets/first", None),
        ):
            assert (await limited.call(method, path + below, body)).status == 403
    assert (await management.ask(client.request())).status == 200
