from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import jwt
import pytest

from fixtures.management import ApiClient, Management, read_exchange
from fixtures.ways import both_ways

pytestmark = both_ways


def decode(management: Management, token: str, audience: str) -> dict[str, Any]:
    keys = jwt.PyJWKClient(f"{management.url}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(token)
    algorithm = jwt.get_unverified_header(token)["alg"]
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=[algorithm], audience=audience, issuer=management.admin["issuer"]
    )
    return claims


async def test_a_token_verifies_against_the_published_keys(management: Management) -> None:
    client = await management.a_client()
    answer = await management.ask(client.request())
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"].startswith("exc_")
    body = answer.body
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 86_400, "read write")
    claims = await asyncio.to_thread(decode, management, body["access_token"], client.audience)
    assert claims["sub"] == f"{client.client_id}@clients"
    assert claims["azp"] == claims["client_id"] == client.client_id
    assert claims["exp"] == claims["iat"] + 86_400
    assert (claims["gty"], claims["scope"]) == ("client-credentials", "read write")
    assert jwt.get_unverified_header(body["access_token"])["typ"] == "at+jwt"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_an_api_chooses_how_its_tokens_are_signed(management: Management, algorithm: str) -> None:
    client = await management.a_client(signing_alg=algorithm, token_lifetime=60)
    body = (await management.ask(client.request())).body
    assert jwt.get_unverified_header(body["access_token"])["alg"] == algorithm
    claims = await asyncio.to_thread(decode, management, body["access_token"], client.audience)
    assert claims["exp"] == claims["iat"] + 60


async def test_an_hs256_token_verifies_with_the_api_s_own_secret(management: Management) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    client = await management.a_client(signing_alg="HS256", signing_secret=secret)
    body = (await management.ask(client.request())).body
    claims = jwt.decode(body["access_token"], secret, algorithms=["HS256"], audience=client.audience)
    assert claims["sub"] == f"{client.client_id}@clients"
    assert "kid" not in jwt.get_unverified_header(body["access_token"])


async def test_a_form_is_as_good_as_json(management: Management) -> None:
    client = await management.a_client()
    answer = await management.ask(data=client.request(scope="write"))
    assert (answer.status, answer.body["scope"]) == (200, "write")


async def test_a_form_with_a_charset_and_basic_credentials_works(management: Management) -> None:
    """RFC 6749 §2.3.1."""
    client = await management.a_client()
    credentials = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    answer = await management.ask(
        data=f"grant_type=client_credentials&audience={client.audience}",
        headers={
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
        },
    )
    assert answer.status == 200, answer.text


async def test_rfc_8707_s_resource_names_the_api_too(management: Management) -> None:
    client = await management.a_client()
    request = client.request(resource=client.audience)
    del request["audience"]
    assert (await management.ask(request)).status == 200


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("data", "headers", "status", "error", "named"),
    [
        pytest.param(b"{}", JSON, 400, "invalid_request", "grant_type", id="nothing asked"),
        pytest.param(b"{", JSON, 400, "invalid_request", "JSON", id="broken JSON"),
        pytest.param(b"[]", JSON, 400, "invalid_request", "object", id="a JSON list"),
        pytest.param(b"[" * 60_000, JSON, 400, "invalid_request", "JSON", id="deeply nested JSON"),
        pytest.param(b'{"a":NaN}', JSON, 400, "invalid_request", "JSON", id="JSON with NaN"),
        pytest.param(b'{"scope":"a","scope":"b"}', JSON, 400, "invalid_request", "scope", id="a repeated JSON member"),
        pytest.param(b"scope=a&scope=b", FORM, 400, "invalid_request", "scope", id="a repeated form parameter"),
        pytest.param(b"resource=a&resource=b", FORM, 400, "invalid_target", "resource", id="two resources in a form"),
        pytest.param(b'{"resource":"a","resource":"b"}', JSON, 400, "invalid_target", "resource", id="two in JSON"),
        pytest.param(
            b'{"grant_type":"client_credentials","resource":["a","b"]}',
            JSON,
            400,
            "invalid_target",
            "resource",
            id="a list of resources",
        ),
        pytest.param(b"a=%ff", FORM, 400, "invalid_request", "form", id="a form that is not UTF-8"),
        pytest.param("a=\u00e9".encode(), FORM, 400, "invalid_request", "form", id="a form with raw bytes"),
        pytest.param(b"x" * 65_537, FORM, 413, "invalid_request", "65536", id="an oversized body"),
        pytest.param(b"a", {"Content-Type": "text/plain"}, 415, "invalid_request", "Content-Type", id="another type"),
        pytest.param(b"", {}, 415, "invalid_request", "Content-Type", id="no body"),
        pytest.param(b'{"grant_type":7}', JSON, 400, "invalid_request", "grant_type", id="a wrong type"),
        pytest.param(
            b'{"grant_type":"password"}', JSON, 400, "unsupported_grant_type", "grant_type", id="another grant"
        ),
        pytest.param(
            b'{"grant_type":"client_credentials","audience":"x"}', JSON, 401, "invalid_client", "client_id", id="nobody"
        ),
    ],
)
async def test_a_faulty_request_gets_an_error_that_names_the_fault(
    management: Management, data: bytes, headers: dict[str, str], status: int, error: str, named: str
) -> None:
    """RFC 6749 §5.2."""
    answer = await management.ask(data=data, headers=headers or {"Content-Type": ""})
    assert (answer.status, answer.body["error"]) == (status, error), answer.text
    assert named in answer.body["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body["exchange_id"] == answer.headers["x-request-id"]


async def test_a_chunked_body_is_bounded_too(management: Management) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 4_096

    answer = await management.ask(data=endless(), headers=FORM)
    assert answer.status == 413


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        pytest.param({"client_secret": "wrong"}, 401, "invalid_client", id="wrong secret"),
        pytest.param({"client_id": "nobody"}, 401, "invalid_client", id="unknown client"),
        pytest.param({"audience": "https://nowhere/"}, 400, "invalid_target", id="unknown API"),
        pytest.param({"scope": "read admin"}, 400, "invalid_scope", id="scope beyond the grant"),
    ],
)
async def test_a_client_gets_nothing_that_it_was_not_granted(
    management: Management, changes: dict[str, str], status: int, error: str
) -> None:
    client = await management.a_client()
    answer = await management.ask(client.request(**changes))
    assert (answer.status, answer.body["error"]) == (status, error)
    assert "access_token" not in answer.body


async def test_an_api_without_a_grant_looks_like_one_that_does_not_exist(management: Management) -> None:
    client, other = await management.a_client(), await management.a_client()
    without_grant = await management.ask(client.request(audience=other.audience))
    unknown = await management.ask(client.request(audience="https://nowhere/"))
    assert without_grant.status == unknown.status
    assert (
        without_grant.body["error_description"].replace(other.audience, "https://nowhere/")
        == (unknown.body["error_description"])
    )


async def test_every_exchange_leaves_a_record_without_secrets(management: Management) -> None:
    client = await management.a_client()
    granted = await management.ask(client.request(scope="read", org="acme", api_key="hunter2"))
    refused = await management.ask(client.request(client_secret="wrong"))
    record = await read_exchange(management, granted.headers["x-request-id"])
    assert (record["outcome"], record["status"], record["client_id"]) == ("granted", 200, client.client_id)
    assert (record["scope_asked"], record["scope_granted"]) == (["read"], ["read"])
    assert record["parameters"]["org"] == "acme"
    assert record["jti"]
    assert record["kid"]
    other = await read_exchange(management, refused.headers["x-request-id"])
    assert (other["outcome"], other["status"]) == ("refused:invalid_client", 401)
    kept = json.dumps([record, other])
    assert not [secret for secret in (client.client_secret, "hunter2", "wrong") if secret in kept]
    assert granted.body["access_token"] not in kept


async def test_an_unknown_exchange_is_not_found(management: Management) -> None:
    for exchange_id in ("exc_000000000000" + "0" * 16, "nonsense", "..%2F..%2Fetc"):
        assert (await management.call("GET", f"/api/v2/exchanges/{exchange_id}")).status == 404


async def test_no_answer_tells_what_software_serves_it(management: Management) -> None:
    answer = await management.call("GET", "/nowhere")
    assert (answer.status, answer.headers["server"]) == (404, "rulemint")
    assert answer.body["statusCode"] == 404


async def test_many_clients_at_once_each_get_their_own_token(management: Management) -> None:
    clients: list[ApiClient] = await asyncio.gather(*(management.a_client() for _ in range(5)))
    answers = await asyncio.gather(*(management.ask(client.request()) for client in clients * 20))
    for client, answer in zip(clients * 20, answers, strict=True):
        claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
        assert (claims["azp"], claims["aud"]) == (client.client_id, client.audience)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("123456789012345678901234567890", id="a huge integer"),
        pytest.param('{"a": [-9223372036854775809]}', id="a huge negative integer inside"),
        pytest.param('"\\ud800"', id="half a surrogate pair"),
        pytest.param('{"\\ud800": 1}', id="half a surrogate pair as a name"),
        pytest.param("[" * 40 + "]" * 40, id="deep nesting"),
        pytest.param("[" * 600 + "]" * 600, id="very deep nesting"),
    ],
)
async def test_what_cannot_be_handed_on_is_refused_and_later_requests_are_recorded(
    management: Management, value: str
) -> None:
    client = await management.a_client()
    body = json.dumps(client.request()).removesuffix("}") + f', "extra": {value}}}'
    answer = await management.ask(data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body["error"]) == (400, "invalid_request"), answer.text
    later = await management.ask(client.request())
    assert later.status == 200
    assert (await read_exchange(management, later.headers["x-request-id"]))["status"] == 200
