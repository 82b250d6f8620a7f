from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import Management
from fixtures.tenants import a_tenant

NOUNS = ["clients", "resource-servers", "client-grants", "rules"]


@pytest.fixture
async def own_tenant(management: Management) -> AsyncIterator[Management]:
    """A tenant of its own: one page holds all that the test makes, whatever other tests have made."""
    async with a_tenant(management) as tenant:
        yield tenant


async def test_a_client_lives_from_creation_to_deletion(management: Management) -> None:
    made = await management.create("clients", {"name": "one", "client_metadata": {"plan": "gold", "x": "1"}})
    path = f"/api/v2/clients/{made['client_id']}"
    assert len(made["client_secret"]) == 64
    read = (await management.call("GET", path)).body
    assert read["client_metadata"] == {"plan": "gold", "x": "1"}
    assert "client_secret" not in read
    patched = await management.call("PATCH", path, {"name": "two", "client_metadata": {"x": None, "y": "2"}})
    assert (patched.status, patched.body["name"]) == (200, "two")
    assert patched.body["client_metadata"] == {"plan": "gold", "y": "2"}
    assert (await management.call("DELETE", path)).status == 204
    assert (await management.call("DELETE", path)).status == 204
    gone = await management.call("GET", path)
    assert (gone.status, gone.body["errorCode"]) == (404, "inexistent_client")


async def test_a_client_without_the_grant_type_gets_no_token(management: Management) -> None:
    """RFC 6749 §5.2. At Auth0 a client has other grant types as well."""
    client = await management.a_client()
    path = f"/api/v2/clients/{client.client_id}"
    for grant_types, status in ((["implicit"], 400), (["implicit", "client_credentials"], 200)):
        patched = await management.call("PATCH", path, {"grant_types": grant_types})
        assert patched.body["grant_types"] == grant_types
        answer = await management.ask(client.request())
        assert answer.status == status
        assert answer.body.get("error") == (None if status == 200 else "unauthorized_client")
        assert "error_uri" not in answer.body


async def test_a_script_that_exceeds_the_size_limit_is_refused_when_it_is_saved_or_tried(
    management: Management,
) -> None:
    """Auth0 says so only when it runs: `Script exceeds the size limit.`"""
    script = f"module.exports = function (client, scope, audience, context, cb) {{ cb(); }};{'/' * 262_144}"
    bodies = {"rules": {"name": "a", "script": script}, "rules/try": {"client": {"id": "c"}, "script": script}}
    for path, body in bodies.items():
        answer = await management.call("POST", f"/api/v2/{path}", body)
        assert (answer.status, answer.body["field"]) == (400, "script")
        assert answer.body["message"].startswith("Script exceeds the size limit")


async def test_a_replaced_client_secret_is_the_only_one_that_works(management: Management) -> None:
    client = await management.a_client()
    secret = "another-secret-of-this-client"
    await management.call("PATCH", f"/api/v2/clients/{client.client_id}", {"client_secret": secret})
    assert (await management.ask(client.request())).status == 401
    assert (await management.ask(client.request(client_secret=secret))).status == 200


async def test_an_api_is_found_by_its_id_and_by_its_identifier(management: Management) -> None:
    identifier = "https://api.by-identifier.example/v1/"
    made = await management.create("resource-servers", {"identifier": identifier, "scopes": [{"value": "a"}]})
    encoded = identifier.replace("/", "%2F")
    from yarl import URL  # the path must stay encoded

    url = URL(f"{management.url}/api/v2/resource-servers/{encoded}", encoded=True)
    headers = {"Authorization": f"Bearer {management.token}"}
    async with management.session.get(url, headers=headers) as response:
        assert (await response.json())["id"] == made["id"]
    path = f"/api/v2/resource-servers/{made['id']}"
    patched = await management.call("PATCH", path, {"scopes": [{"value": "b"}], "token_lifetime": 60})
    assert [scope["value"] for scope in patched.body["scopes"]] == ["b"]
    refused = await management.call("PATCH", path, {"identifier": "https://other/"})
    assert (refused.status, refused.body["field"]) == (400, "identifier")
    assert (await management.call("DELETE", path)).status == 204


async def test_the_management_api_itself_cannot_be_changed_or_deleted(management: Management) -> None:
    system = next(api for api in await management.every("resource-servers") if api["is_system"])
    assert system["identifier"] == management.admin["audience"]
    assert system["name"] == "Auth0 Management API", "Auth0's deploy CLI knows it by its name only"
    path = f"/api/v2/resource-servers/{system['id']}"
    for refused in (
        await management.call("PATCH", path, {"token_lifetime": 1}),
        await management.call("DELETE", path),
    ):
        assert (refused.status, refused.body["errorCode"]) == (400, "operation_not_supported")


async def test_deleting_a_client_or_an_api_deletes_its_grants(own_tenant: Management) -> None:
    first, second = await own_tenant.a_client(), await own_tenant.a_client()
    await own_tenant.call("DELETE", f"/api/v2/clients/{first.client_id}")
    apis = (await own_tenant.call("GET", "/api/v2/resource-servers?per_page=100")).body
    api = next(api for api in apis if api["identifier"] == second.audience)
    await own_tenant.call("DELETE", f"/api/v2/resource-servers/{api['id']}")
    grants = (await own_tenant.call("GET", "/api/v2/client-grants?per_page=100")).body
    assert not [grant for grant in grants if grant["client_id"] in {first.client_id, second.client_id}]


async def test_a_grant_needs_a_client_an_api_and_scopes_that_the_api_defines(management: Management) -> None:
    client = await management.a_client(scope=("read",))
    body = {"client_id": client.client_id, "audience": client.audience, "scope": ["read"]}
    cases = [
        ({**body, "client_id": "nobody"}, 404, "inexistent_client"),
        ({**body, "audience": "https://nowhere/"}, 404, "inexistent_resource_server"),
        ({**body, "scope": ["write"]}, 400, "invalid_body"),
        (body, 409, "conflict"),
    ]
    for given, status, code in cases:
        answer = await management.call("POST", "/api/v2/client-grants", given)
        assert (answer.status, answer.body["errorCode"]) == (status, code), answer.text


async def test_every_changed_script_is_a_new_version(management: Management) -> None:
    script = "export default () => ({})"
    async with management.rule(script) as rule:
        assert (rule["version"], rule["script"], rule["enabled"]) == (1, script, True)
        path = f"/api/v2/rules/{rule['id']}"
        assert (await management.call("PATCH", path, {"script": script})).body["version"] == 1
        assert (await management.call("PATCH", path, {"script": script + " "})).body["version"] == 2
        assert (await management.call("PATCH", path, {"order": 7})).body["version"] == 2
        assert (await management.call("GET", path)).body["script"] == script + " "
        again = await management.call("POST", "/api/v2/rules", {"name": rule["name"], "script": script})
        assert (again.status, again.body["field"]) == (409, "name")


async def test_permissions_and_limits_belong_to_the_version_and_are_shown(management: Management) -> None:
    given: dict[str, Any] = {
        "allow_hosts": ["api.example.com", "*.example.com:8443"],
        "isolation": "fresh",
        "limits": {"timeout_s": 1.5, "memory_mb": 128, "log_bytes": 1_000, "result_bytes": 500},
    }
    async with management.rule("export default () => ({})", **given) as made:
        assert {name: made[name] for name in given} == given
        path = f"/api/v2/rules/{made['id']}"
        assert (await management.call("PATCH", path, given)).body["version"] == 1
        for version, change in enumerate(
            ({"allow_hosts": []}, {"isolation": "warm"}, {"limits": {"timeout_s": 2}}), start=2
        ):
            patched = (await management.call("PATCH", path, change)).body
            assert patched["version"] == version
            assert (await management.call("GET", path)).body == {**patched, "pause": None}
        limits = (await management.call("GET", path)).body["limits"]
        assert limits == {"timeout_s": 2, "memory_mb": None, "log_bytes": None, "result_bytes": None}


async def test_secrets_are_written_and_never_shown(management: Management) -> None:
    async with management.rule("export default () => ({})", rule_secrets={"A": "hunter2"}) as rule:
        path = f"/api/v2/rules/{rule['id']}/secrets"
        assert (await management.call("POST", path, {"A": "again"})).status == 409
        assert (await management.call("PATCH", path, {"B": "unknown"})).status == 404
        assert (await management.call("POST", path, {"B": "hunter3"})).status == 201
        names = await management.call("GET", path)
        assert names.body == {"A": "_VALUE_NOT_SHOWN_", "B": "_VALUE_NOT_SHOWN_"}
        assert (await management.call("DELETE", path, ["A"])).status == 204
        assert (await management.call("GET", path)).body == {"B": "_VALUE_NOT_SHOWN_"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        pytest.param("clients", {}, "name", id="a missing field"),
        pytest.param("clients", {"name": "a", "colour": "red"}, "colour", id="an unknown field"),
        pytest.param("clients", {"name": 7}, "name", id="a wrong type"),
        pytest.param("clients", {"name": "<b>"}, "name", id="a malformed name"),
        pytest.param("clients", {"name": "a", "client_id": "a:b"}, "client_id", id="a colon in a client id"),
        pytest.param("clients", {"name": "a", "client_secret": "short"}, "client_secret", id="a short secret"),
        pytest.param(
            "clients", {"name": "a", "client_metadata": {str(n): "" for n in range(11)}}, "client_metadata",
            id="too much metadata",
        ),
        pytest.param("resource-servers", {"identifier": ""}, "identifier", id="an empty identifier"),
        pytest.param(
            "resource-servers", {"identifier": "https://a/", "signing_alg": "none"}, "signing_alg", id="alg none"
        ),
        pytest.param(
            "resource-servers", {"identifier": "https://a/", "signing_secret": "x" * 32}, "signing_secret",
            id="a secret without HS256",
        ),
        pytest.param(
            "resource-servers", {"identifier": "https://a/", "token_lifetime": 0}, "token_lifetime", id="no lifetime"
        ),
        pytest.param(
            "resource-servers", {"identifier": "https://a/", "scopes": [{"value": "a b"}]}, "scopes[0].value",
            id="a scope with a space",
        ),
        pytest.param("rules", {"name": "a", "script": ""}, "script", id="an empty script"),
        pytest.param("rules", {"name": "a", "script": "x" * 262_145}, "script", id="an oversized script"),
        pytest.param("rules", {"name": "a", "script": "x", "language": "cobol"}, "language", id="another language"),
        pytest.param(
            "rules", {"name": "a", "script": "x", "allow_hosts": ["127.0.0.1"]}, "allow_hosts", id="an address to call"
        ),
        pytest.param(
            "rules", {"name": "a", "script": "x", "limits": {"timeout_s": 21}}, "limits.timeout_s", id="a long timeout"
        ),
        pytest.param("rules", {"name": "a", "script": "x", "limits": {"cpu": 1}}, "limits.cpu", id="another limit"),
        pytest.param("rules", {"name": "a", "script": "x", "isolation": "vm"}, "isolation", id="another isolation"),
    ],
)  # fmt: skip
async def test_a_faulty_field_is_refused_by_name(
    management: Management, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await management.call("POST", f"/api/v2/{path}", body)
    assert (answer.status, answer.body["error"]) == (400, "Bad Request"), answer.text
    assert answer.body["field"] == field
    assert answer.body["statusCode"] == 400


@pytest.mark.parametrize("noun", NOUNS)
async def test_no_call_works_without_the_right_token(management: Management, noun: str) -> None:
    client = await management.a_client()
    own = (await management.ask(client.request())).body["access_token"]
    tampered = management.token[:-4] + ("AAAA" if management.token[-4:] != "AAAA" else "BBBB")
    for token in ("", "nonsense", own, tampered):
        for method, path in (("GET", noun), ("POST", noun), ("GET", f"{noun}/x"), ("PATCH", f"{noun}/x"),
                             ("DELETE", f"{noun}/x")):  # fmt: skip
            answer = await management.call(method, f"/api/v2/{path}", token=token)
            assert answer.status == 401, (method, path, answer.text)
            assert "bearer" in answer.headers["www-authenticate"].lower()


async def test_a_token_ends_with_its_client(management: Management) -> None:
    made = await management.create("clients", {"name": "short-lived"})
    grant = {"client_id": made["client_id"], "audience": management.admin["audience"], "scope": ["read:clients"]}
    await management.create("client-grants", grant)
    request = {
        "grant_type": "client_credentials",
        "client_id": made["client_id"],
        "client_secret": made["client_secret"],
        "audience": management.admin["audience"],
    }
    token = (await management.ask(request)).body["access_token"]
    assert (await management.call("GET", "/api/v2/clients", token=token)).status == 200
    assert (await management.call("GET", "/api/v2/rules", token=token)).status == 403
    await management.call("DELETE", f"/api/v2/clients/{made['client_id']}")
    assert (await management.call("GET", "/api/v2/clients", token=token)).status == 403


async def test_lists_come_in_pages_and_a_page_after_the_last_is_empty(own_tenant: Management) -> None:
    for _ in range(3):
        await own_tenant.create("clients", {"name": "paged"})
    everything = (await own_tenant.call("GET", "/api/v2/clients?per_page=100&include_totals=true")).body
    assert everything["total"] == len(everything["clients"])
    first = (await own_tenant.call("GET", "/api/v2/clients?per_page=2&page=0")).body
    second = (await own_tenant.call("GET", "/api/v2/clients?per_page=2&page=1")).body
    assert [c["client_id"] for c in first + second] == [c["client_id"] for c in everything["clients"][:4]]
    assert (await own_tenant.call("GET", "/api/v2/clients?page=1000")).body == []
    for query in ("per_page=0", "per_page=101", "page=-1", "page=x", "colour=red"):
        assert (await own_tenant.call("GET", f"/api/v2/clients?{query}")).status == 400


async def test_two_writers_of_one_name_cannot_both_win(own_tenant: Management) -> None:
    body = {"name": "the same name", "script": "export default () => ({})", "enabled": False}
    answers = await asyncio.gather(*(own_tenant.call("POST", "/api/v2/rules", body) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 7]


async def test_wrong_methods_and_bodies_get_their_own_answers(management: Management) -> None:
    wrong = await management.call("PUT", "/api/v2/clients", {})
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    broken = await management.call("POST", "/api/v2/clients", data=b"{", headers={"Content-Type": "application/json"})
    assert broken.status == 400
    form = await management.call("POST", "/api/v2/clients", data={"name": "x"})
    assert form.status == 400
