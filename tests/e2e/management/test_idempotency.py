from __future__ import annotations

import asyncio
import secrets

from fixtures.management import Management
from fixtures.tenants import a_tenant


def a_key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(8)}


async def test_a_create_that_is_sent_again_gets_the_same_answer_and_makes_nothing(management: Management) -> None:
    key, name = a_key(), f"once {secrets.token_hex(4)}"
    first = await management.call("POST", "/api/v2/clients", {"name": name}, headers=key)
    again = await management.call("POST", "/api/v2/clients", {"name": name}, headers=key)
    assert (again.status, again.body, again.headers["etag"]) == (201, first.body, first.headers["etag"])
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert [client["name"] for client in await management.every("clients")].count(name) == 1


async def test_of_the_same_creates_at_once_one_is_done(management: Management) -> None:
    key, body = a_key(), {"identifier": f"https://{secrets.token_hex(6)}/"}
    answers = await asyncio.gather(
        *(management.call("POST", "/api/v2/resource-servers", body, headers=key) for _ in range(6))
    )
    made = {answer.body["id"] for answer in answers if answer.status == 201}
    assert len(made) == 1
    others = {answer.body["errorCode"] for answer in answers if answer.status != 201}
    assert others <= {"idempotency_key_in_use", "idempotent_answer_lost"}


async def test_another_body_under_the_same_key_is_refused(management: Management) -> None:
    key = a_key()
    assert (await management.call("POST", "/api/v2/clients", {"name": "a"}, headers=key)).status == 201
    refused = await management.call("POST", "/api/v2/clients", {"name": "b"}, headers=key)
    assert (refused.status, refused.body["errorCode"]) == (422, "idempotency_key_reused")


async def test_a_key_of_one_noun_or_tenant_says_nothing_about_another(management: Management) -> None:
    key = a_key()
    assert (await management.call("POST", "/api/v2/clients", {"name": "a"}, headers=key)).status == 201
    body = {"identifier": f"https://{secrets.token_hex(6)}/"}
    assert (await management.call("POST", "/api/v2/resource-servers", body, headers=key)).status == 201


async def test_a_create_that_was_refused_may_be_sent_again(management: Management) -> None:
    client = await management.a_client()
    key = a_key()
    body = {"client_id": client.client_id, "audience": client.audience, "scope": ["read"]}
    assert (await management.call("POST", "/api/v2/client-grants", body, headers=key)).status == 409
    grants = (await management.call("GET", f"/api/v2/client-grants?client_id={client.client_id}")).body
    await management.call("DELETE", f"/api/v2/client-grants/{grants[0]['id']}")
    assert (await management.call("POST", "/api/v2/client-grants", body, headers=key)).status == 201


async def test_a_rotation_that_is_sent_again_shows_the_same_secret(management: Management) -> None:
    client, key = await management.a_client(), a_key()
    path = f"/api/v2/clients/{client.client_id}/rotate-secret"
    first, again = [await management.call("POST", path, headers=key) for _ in range(2)]
    assert first.body["client_secret"] == again.body["client_secret"]
    assert (await management.ask(client.request(client_secret=again.body["client_secret"]))).status == 200


async def test_secrets_that_are_added_again_are_the_same_and_no_conflict(management: Management) -> None:
    script = "module.exports = (client, scope, audience, context, cb) => cb(null, {});"
    async with management.rule(script, enabled=False) as rule:
        for noun, name in (("rules", "ONE"), ("hooks", "TWO")):
            path, key = f"/api/v2/{noun}/{rule['id']}/secrets", a_key()
            first, again = [await management.call("POST", path, {name: "1"}, headers=key) for _ in range(2)]
            assert (first.status, again.status, again.headers["idempotent-replayed"]) == (201, 201, "true")
            other = await management.call("POST", path, {name: "2"}, headers=key)
            assert (other.status, other.body["errorCode"]) == (422, "idempotency_key_reused")
            assert (await management.call("POST", path, {name: "1"})).status == 409


async def test_a_rotation_of_the_signing_keys_that_is_sent_again_makes_none(management: Management) -> None:
    async with a_tenant(management) as tenant:
        path, key = "/api/v2/keys/signing", a_key()
        first, again = [await tenant.call("POST", f"{path}/rotate", headers=key) for _ in range(2)]
        assert (first.status, again.status, again.body) == (201, 201, first.body)
        current = [each["kid"] for each in (await tenant.call("GET", path)).body if each["current"]]
        assert current == [first.body["kid"]]


async def test_a_key_that_is_too_long_is_refused(management: Management) -> None:
    for key in ("x" * 256, ""):
        answer = await management.call("POST", "/api/v2/clients", {"name": "a"}, headers={"Idempotency-Key": key})
        assert (answer.status, answer.body["errorCode"]) == (400, "invalid_header")
