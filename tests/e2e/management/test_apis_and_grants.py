from __future__ import annotations

import secrets
from typing import Any

import jwt
import pytest

from fixtures.management import Management

KEPT: dict[str, Any] = {
    "allow_offline_access": True,
    "skip_consent_for_verifiable_first_party_clients": True,
    "token_dialect": "rfc9068_profile",
    "enforce_policies": False,
    "subject_type_authorization": {"user": {"policy": "allow_all"}, "client": {"policy": "require_client_grant"}},
}


def an_identifier() -> str:
    return f"https://{secrets.token_hex(6)}.example.com/"


async def test_what_auth0_s_tools_send_for_an_api_comes_back_as_it_was_sent(management: Management) -> None:
    made = await management.create("resource-servers", {"identifier": an_identifier(), **KEPT})
    read = (await management.call("GET", f"/api/v2/resource-servers/{made['id']}")).body
    assert {name: read[name] for name in KEPT} == KEPT


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"token_encryption": {"format": "compact-nested-jwe"}}, "token_encryption"),
        ({"proof_of_possession": {"mechanism": "mtls", "required": True}}, "proof_of_possession.required"),
        (
            {"subject_type_authorization": {"client": {"policy": "allow_all"}}},
            "subject_type_authorization.client.policy",
        ),
        ({"token_dialect": "klingon"}, "token_dialect"),
    ],
)
async def test_an_api_promises_nothing_that_is_not_there(
    management: Management, body: dict[str, Any], field: str
) -> None:
    answer = await management.call("POST", "/api/v2/resource-servers", {"identifier": an_identifier(), **body})
    assert (answer.status, answer.body["field"]) == (400, field), answer.text


async def test_an_api_that_denies_clients_gives_none_a_token(management: Management) -> None:
    client = await management.a_client()
    path = f"/api/v2/resource-servers?identifiers={client.audience}"
    api = (await management.call("GET", path)).body[0]
    change = {"subject_type_authorization": {"client": {"policy": "deny_all"}}}
    await management.call("PATCH", f"/api/v2/resource-servers/{api['id']}", change)
    refused = await management.ask(client.request())
    assert (refused.status, refused.body["error"]) == (400, "invalid_target")
    await management.call("PATCH", f"/api/v2/resource-servers/{api['id']}", {"subject_type_authorization": None})
    assert (await management.ask(client.request())).status == 200


async def test_rs512_signs_too(management: Management) -> None:
    client = await management.a_client(signing_alg="RS512")
    token = (await management.ask(client.request())).body["access_token"]
    header = jwt.get_unverified_header(token)
    keys = (await management.call("GET", "/.well-known/jwks.json")).body["keys"]
    key = jwt.PyJWK(next(each for each in keys if each["kid"] == header["kid"]))
    assert header["alg"] == "RS512"
    assert jwt.decode(token, key, algorithms=["RS512"], audience=client.audience)


async def test_a_grant_of_all_scopes_also_holds_those_that_come_later(management: Management) -> None:
    client = await management.a_client(scope=("read",))
    grant = (await management.call("GET", f"/api/v2/client-grants?client_id={client.client_id}")).body[0]
    api = (await management.call("GET", f"/api/v2/resource-servers?identifiers={client.audience}")).body[0]
    patched = await management.call("PATCH", f"/api/v2/client-grants/{grant['id']}", {"allow_all_scopes": True})
    assert (patched.body["allow_all_scopes"], patched.body["scope"]) == (True, ["read"])
    later = {"scopes": [{"value": "read"}, {"value": "later"}]}
    await management.call("PATCH", f"/api/v2/resource-servers/{api['id']}", later)
    assert (await management.ask(client.request())).body["scope"] == "read later"
    await management.call("PATCH", f"/api/v2/client-grants/{grant['id']}", {"allow_all_scopes": None})
    assert (await management.ask(client.request())).body["scope"] == "read"


async def test_a_grant_keeps_what_it_says_about_organizations(management: Management) -> None:
    client = await management.a_client()
    grant = (await management.call("GET", f"/api/v2/client-grants?client_id={client.client_id}")).body[0]
    path = f"/api/v2/client-grants/{grant['id']}"
    given = {"organization_usage": "deny", "allow_any_organization": False}
    patched = (await management.call("PATCH", path, given)).body
    assert {name: patched[name] for name in given} == given
    assert patched["scope"] == grant["scope"]
    forgotten = (await management.call("PATCH", path, dict.fromkeys(given))).body
    assert not given.keys() & forgotten.keys()
    refused = await management.call("POST", "/api/v2/client-grants", {**grant, "subject_type": "user"})
    assert refused.status == 400
