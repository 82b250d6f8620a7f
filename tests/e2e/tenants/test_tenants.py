from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from fixtures.management import Management, open_management, read_exchange
from fixtures.tenants import a_tenant
from fixtures.watching import watching

SAYS_WHO = "export default ({ client }) => { console.log('for ' + client.tenant); return { who: client.tenant }; }"


@pytest.fixture
async def pair(management: Management) -> AsyncIterator[tuple[Management, Management]]:
    async with a_tenant(management) as one, a_tenant(management) as other:
        yield one, other


def a_body(**changes: Any) -> dict[str, Any]:
    name = f"t-{secrets.token_hex(4)}"
    return {"name": name, "hosts": [f"{name}.test"], **changes}


async def discovered(tenant: Management) -> tuple[str, set[str]]:
    """The issuer and the ids of the keys that a tenant publishes."""
    document = (await tenant.call("GET", "/.well-known/openid-configuration")).body
    keys = (await tenant.call("GET", "/.well-known/jwks.json")).body["keys"]
    return document["issuer"], {key["kid"] for key in keys}


async def test_a_new_tenant_s_administrator_works_and_is_shown_once(management: Management) -> None:
    body = a_body()
    answer = await management.call("POST", "/api/v2/tenants", body)
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.body
    assert set(made) == {"name", "issuer", "hosts", "disabled", "deletes_at", "administrator"}
    assert (made["name"], made["hosts"], made["issuer"]) == (body["name"], body["hosts"], f"http://{body['hosts'][0]}/")
    assert made["administrator"]["audience"] == f"{made['issuer']}api/v2/"
    async with open_management(management.url, made["administrator"], host=body["hosts"][0]) as opened:
        assert len((await opened.call("GET", "/api/v2/clients")).body) == 1
    listed = await management.every("tenants")
    shown = {name: value for name, value in made.items() if name != "administrator"}
    assert shown in listed
    assert "secret" not in str(listed)


async def test_the_first_tenant_of_all_is_default(management: Management) -> None:
    everything = (await management.call("GET", "/api/v2/tenants?per_page=1&include_totals=true")).body
    assert everything["tenants"][0]["name"] == "default"
    assert everything["total"] >= 1


async def test_each_tenant_has_its_own_issuer_and_its_own_key(pair: tuple[Management, Management]) -> None:
    (one_issuer, one_keys), (other_issuer, other_keys) = [await discovered(tenant) for tenant in pair]
    assert one_issuer != other_issuer
    assert one_keys
    assert other_keys
    assert not one_keys & other_keys


async def test_clients_apis_grants_and_rules_of_one_tenant_are_not_there_in_another(
    pair: tuple[Management, Management],
) -> None:
    one, other = pair
    client = await one.a_client()
    async with one.rule(SAYS_WHO) as rule:
        for noun in ("clients", "resource-servers", "client-grants", "rules"):
            mine = (await one.call("GET", f"/api/v2/{noun}?per_page=100")).body
            theirs = (await other.call("GET", f"/api/v2/{noun}?per_page=100")).body
            ids = [{record.get("id", record.get("client_id")) for record in records} for records in (mine, theirs)]
            assert ids[0]
            assert not ids[0] & ids[1]
        path = f"/api/v2/rules/{rule['id']}"
        assert (await other.call("GET", path)).status == 404
        assert (await other.call("PATCH", path, {"order": 1})).status == 404
        assert (await other.call("DELETE", path)).status == 204
        assert (await one.call("GET", path)).status == 200
        assert (await other.ask(client.request())).status == 401


async def test_the_same_rule_text_runs_for_each_tenant_by_itself(pair: tuple[Management, Management]) -> None:
    for tenant in pair:
        issuer, keys = await discovered(tenant)
        client = await tenant.a_client()
        async with tenant.rule(SAYS_WHO):
            answers = [await tenant.ask(client.request()) for _ in range(3)]
        for answer in answers:
            token = answer.body["access_token"]
            claims = jwt.decode(token, options={"verify_signature": False})
            assert claims["iss"] == issuer
            assert claims["who"].startswith("tenant-")
            assert f"http://{claims['who']}.test/" == issuer
            assert jwt.get_unverified_header(token)["kid"] in keys


async def test_an_exchange_and_a_log_line_are_seen_by_their_own_tenant_only(
    pair: tuple[Management, Management],
) -> None:
    one, other = pair
    clients = [await tenant.a_client() for tenant in pair]
    async with one.rule(SAYS_WHO), other.rule(SAYS_WHO), watching(one) as first, watching(other) as second:
        answers = [await tenant.ask(client.request()) for tenant, client in zip(pair, clients, strict=True)]
        ids = [answer.headers["x-request-id"] for answer in answers]
        for watch, own in ((first, ids[0]), (second, ids[1])):
            assert {record["invocation"] for record in await watch.until_ended(own)} == {own}
    assert (await read_exchange(one, ids[0]))["outcome"] == "granted"
    assert (await other.call("GET", f"/api/v2/exchanges/{ids[0]}")).status == 404


async def test_a_token_of_one_tenant_opens_nothing_of_another(
    management: Management, pair: tuple[Management, Management]
) -> None:
    one, other = pair
    for token in (one.token, management.token):
        for path in ("/api/v2/clients", "/api/v2/rules", "/api/v2/tenants", "/logs"):
            assert (await other.call("GET", path, token=token)).status == 401
    assert (await management.call("GET", "/api/v2/clients", token=one.token)).status == 401


async def test_only_an_operator_makes_or_lists_tenants(pair: tuple[Management, Management]) -> None:
    one, _other = pair
    assert (await one.call("POST", "/api/v2/tenants", a_body())).status == 403
    assert (await one.call("GET", "/api/v2/tenants")).status == 403
    client = await one.create("clients", {"name": "would be an operator"})
    grant = {"client_id": client["client_id"], "audience": one.admin["audience"], "scope": ["create:tenants"]}
    refused = await one.call("POST", "/api/v2/client-grants", grant)
    assert (refused.status, refused.body["field"]) == (400, "scope")


async def test_an_operator_s_client_without_the_scope_makes_no_tenant(management: Management) -> None:
    client = await management.create("clients", {"name": "reads tenants"})
    grant = {"client_id": client["client_id"], "audience": management.admin["audience"], "scope": ["read:tenants"]}
    await management.create("client-grants", grant)
    reader = {
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "audience": management.admin["audience"],
    }
    async with open_management(management.url, reader) as opened:
        assert (await opened.call("GET", "/api/v2/tenants")).status == 200
        assert (await opened.call("POST", "/api/v2/tenants", a_body())).status == 403


async def test_a_name_a_host_and_an_issuer_belong_to_one_tenant(management: Management) -> None:
    taken = a_body()
    await management.create("tenants", taken)
    default_host = management.admin["issuer"].removeprefix("http://").rstrip("/")
    cases = [
        (a_body(name=taken["name"]), "name"),
        (a_body(name="default"), "name"),
        (a_body(hosts=["free.test", taken["hosts"][0].upper()]), "hosts"),
        (a_body(hosts=[default_host]), "hosts"),
        (a_body(issuer=f"http://{taken['hosts'][0]}/"), "issuer"),
        (a_body(issuer=management.admin["issuer"]), "issuer"),
    ]
    for body, field in cases:
        answer = await management.call("POST", "/api/v2/tenants", body)
        assert (answer.status, answer.body.get("field")) == (409, field), answer.text


async def test_of_two_that_want_one_name_one_gets_it(management: Management) -> None:
    body = a_body()
    answers = await asyncio.gather(*(management.call("POST", "/api/v2/tenants", body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"name": ""}, "name", id="an empty name"),
        pytest.param({"name": "Upper"}, "name", id="a capital letter"),
        pytest.param({"name": "a:b"}, "name", id="a colon in the name"),
        pytest.param({"name": "a" * 64}, "name", id="a long name"),
        pytest.param({"hosts": []}, "hosts", id="no host"),
        pytest.param({"hosts": ["https://a.test"]}, "hosts[0]", id="a URL as host"),
        pytest.param({"hosts": ["a.test:port"]}, "hosts[0]", id="a port that is no number"),
        pytest.param({"hosts": [f"h{n}.test" for n in range(21)]}, "hosts", id="too many hosts"),
        pytest.param({"issuer": "https://a.test"}, "issuer", id="an issuer without its slash"),
        pytest.param({"issuer": "ftp://a.test/"}, "issuer", id="an issuer that is not http"),
        pytest.param({"colour": "red"}, "colour", id="an unknown field"),
    ],
)
async def test_a_faulty_field_of_a_tenant_is_refused_by_name(
    management: Management, changes: dict[str, Any], field: str
) -> None:
    answer = await management.call("POST", "/api/v2/tenants", a_body(**changes))
    assert (answer.status, answer.body["field"]) == (400, field), answer.text
