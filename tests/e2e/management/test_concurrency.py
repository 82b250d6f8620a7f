from __future__ import annotations

import asyncio

from fixtures.management import Management
from fixtures.tenants import a_tenant

RULE = "export default () => ({})"
HOOK = "module.exports = (client, scope, audience, context, cb) => cb(null, {});"
ACTION = "exports.onExecuteCredentialsExchange = async (event, api) => {};"
TRIGGERS = [{"id": "credentials-exchange", "version": "v2"}]


async def test_a_read_s_etag_is_that_of_the_create_and_changes_with_the_record(management: Management) -> None:
    made = await management.call("POST", "/api/v2/clients", {"name": "tagged"})
    path = f"/api/v2/clients/{made.body['client_id']}"
    assert (await management.call("GET", path)).headers["etag"] == made.headers["etag"]
    patched = await management.call("PATCH", path, {"name": "tagged again"})
    assert patched.headers["etag"] != made.headers["etag"]
    assert (await management.call("GET", path)).headers["etag"] == patched.headers["etag"]


async def test_a_change_to_what_its_caller_has_not_read_is_refused(management: Management) -> None:
    made = await management.call("POST", "/api/v2/clients", {"name": "shared"})
    path, read = f"/api/v2/clients/{made.body['client_id']}", {"If-Match": made.headers["etag"]}
    assert (await management.call("PATCH", path, {"name": "mine"}, headers=read)).status == 200
    for method, body in (("PATCH", {"name": "yours"}), ("DELETE", None)):
        refused = await management.call(method, path, body, headers=read)
        assert (refused.status, refused.body["errorCode"]) == (412, "precondition_failed")
    for header in (f"W/{(await management.call('GET', path)).headers['etag']}", "nonsense", '"x"'):
        assert (await management.call("PATCH", path, {"name": "x"}, headers={"If-Match": header})).status == 412
    assert (await management.call("GET", path)).body["name"] == "mine"
    now = {"If-Match": f'"other", {(await management.call("GET", path)).headers["etag"]}'}
    assert (await management.call("DELETE", path, headers=now)).status == 204
    assert (await management.call("DELETE", path, headers={"If-Match": "*"})).status == 412


async def test_a_change_to_what_got_another_secret_since_it_was_read_is_refused(management: Management) -> None:
    """The same value again counts too: an ETag tells nobody what a secret is."""
    secret, signing_secret = "a" * 48, "b" * 48
    client = await management.create("clients", {"name": "secretive", "client_secret": secret})
    api = await management.create(
        "resource-servers", {"identifier": "urn:secretive", "signing_alg": "HS256", "signing_secret": signing_secret}
    )
    for path, replacement in (
        (f"/api/v2/clients/{client['client_id']}", {"client_secret": secret}),
        (f"/api/v2/resource-servers/{api['id']}", {"signing_secret": signing_secret}),
    ):
        one = other = {"If-Match": (await management.call("GET", path)).headers["etag"]}
        replaced = await management.call("PATCH", path, replacement, headers=one)
        assert replaced.status == 200, replaced.text
        for method, body in (("PATCH", {"name": "mine"}), ("PATCH", replacement), ("DELETE", None)):
            assert (await management.call(method, path, body, headers=other)).status == 412
        now = {"If-Match": replaced.headers["etag"]}
        assert (await management.call("GET", path)).headers["etag"] == replaced.headers["etag"]
        assert (await management.call("PATCH", path, {"name": "mine"}, headers=now)).status == 200
    path = f"/api/v2/clients/{client['client_id']}"
    read = {"If-Match": (await management.call("GET", path)).headers["etag"]}
    assert (await management.call("POST", f"{path}/rotate-secret")).status == 200
    assert (await management.call("DELETE", path, headers=read)).status == 412


async def test_of_many_who_read_the_same_one_may_change_it(management: Management) -> None:
    async with management.rule(RULE, enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        read = {"If-Match": (await management.call("GET", path)).headers["etag"]}
        answers = await asyncio.gather(
            *(management.call("PATCH", path, {"order": 100_000 + number}, headers=read) for number in range(8))
        )
        assert sorted(answer.status for answer in answers) == [200, *[412] * 7]
        winner = next(answer for answer in answers if answer.status == 200)
        assert (await management.call("GET", path)).body["order"] == winner.body["order"]


async def test_settings_and_tenants_have_etags_too(management: Management) -> None:
    path = "/api/v2/tenants/settings"
    old = (await management.call("GET", path)).headers["etag"]
    patched = await management.call("PATCH", path, {"friendly_name": "A"}, headers={"If-Match": old})
    assert patched.status == 200
    refused = await management.call("PATCH", path, {"friendly_name": "B"}, headers={"If-Match": old})
    assert refused.status == 412
    assert (await management.call("PATCH", path, {"friendly_name": None})).status == 200
    assert "etag" in (await management.call("GET", "/api/v2/tenants/default")).headers


async def test_the_secrets_of_a_client_are_changed_only_as_their_caller_has_read_them(management: Management) -> None:
    client = await management.a_client()
    client_path = f"/api/v2/clients/{client.client_id}"
    path = f"{client_path}/secrets"
    first = {"If-Match": (await management.call("GET", path)).headers["etag"]}
    await management.ask(client.request())  # uses it, which changes nothing
    assert (await management.call("POST", path, {"name": "next"}, headers=first)).status == 201
    for method, where, body in (
        ("POST", path, {"name": "third"}),
        ("DELETE", f"{path}/first", None),
        ("POST", f"{client_path}/rotate-secret", None),
    ):
        refused = await management.call(method, where, body, headers=first)
        assert (refused.status, refused.body["errorCode"]) == (412, "precondition_failed"), where
    assert (await management.ask(client.request())).status == 200
    second = {"If-Match": (await management.call("GET", path)).headers["etag"]}
    assert (await management.call("DELETE", f"{path}/first", headers=second)).status == 204
    assert (await management.ask(client.request())).status == 401


async def test_secrets_bindings_and_signing_keys_have_etags_too(management: Management) -> None:
    async with a_tenant(management) as tenant:
        rule = await tenant.create("rules", {"name": "keeps secrets", "script": RULE})
        hook = await tenant.create("hooks", {"name": "hook", "script": HOOK, "triggerId": "credentials-exchange"})
        for path in (f"/api/v2/rules/{rule['id']}/secrets", f"/api/v2/hooks/{hook['id']}/secrets"):
            read = {"If-Match": (await tenant.call("GET", path)).headers["etag"]}
            assert (await tenant.call("POST", path, {"KEY": "1"}, headers=read)).status == 201
            for method, body in (("POST", {"B": "1"}), ("PATCH", {"KEY": "2"}), ("DELETE", ["KEY"])):
                assert (await tenant.call(method, path, body, headers=read)).status == 412
            named = {"If-Match": (await tenant.call("GET", path)).headers["etag"]}
            assert (await tenant.call("PATCH", path, {"KEY": "2"}, headers=named)).status < 300
            assert (await tenant.call("DELETE", path, ["KEY"], headers=named)).status == 412, "its value is another"

        path = "/api/v2/actions/triggers/credentials-exchange/bindings"
        action = {"name": "act", "code": ACTION, "supported_triggers": TRIGGERS, "deploy": True}
        made = await tenant.create("actions/actions", action)
        read = {"If-Match": (await tenant.call("GET", path)).headers["etag"]}
        bound = {"bindings": [{"ref": {"type": "action_id", "value": made["id"]}}]}
        answer = await tenant.call("PATCH", path, bound, headers=read)
        assert (answer.status, answer.headers["etag"]) == (200, (await tenant.call("GET", path)).headers["etag"])
        assert (await tenant.call("PATCH", path, {"bindings": []}, headers=read)).status == 412

        path = "/api/v2/keys/signing"
        read = {"If-Match": (await tenant.call("GET", path)).headers["etag"]}
        assert (await tenant.call("POST", f"{path}/rotate", headers=read)).status == 201
        assert (await tenant.call("POST", f"{path}/rotate", headers=read)).status == 412
        kid = next(key["kid"] for key in (await tenant.call("GET", path)).body if key["previous"])
        read = {"If-Match": (await tenant.call("GET", f"{path}/{kid}")).headers["etag"]}
        assert (await tenant.call("PUT", f"{path}/{kid}/revoke", headers=read)).status == 200
        await tenant.log_in()  # its token was signed with that key
        assert (await tenant.call("PUT", f"{path}/{kid}/revoke", headers=read)).status == 412
