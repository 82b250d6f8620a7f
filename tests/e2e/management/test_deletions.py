"""Many deletions in one call: all of them, or none."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.calls import call
from fixtures.management import Answer, ApiClient, Management
from fixtures.processes import until
from fixtures.raw_gateway import StartRaw
from fixtures.tenants import a_tenant

DELETIONS = "/api/v2/config/deletions"
RULE = "export default () => ({})"


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        yield opened


async def deletion(tenant: Management, noun: str, record_id: str, **more: Any) -> dict[str, Any]:
    """Of the record as it is now."""
    path = f"rules/{record_id}/secrets" if noun == "rule-secrets" else f"{noun}/{record_id}"
    read = await tenant.call("GET", f"/api/v2/{path}")
    return {"noun": noun, "id": record_id, "etag": read.headers["etag"], **more}


async def delete(tenant: Management, *deletions: dict[str, Any], **kwargs: Any) -> Answer:
    return await tenant.call("POST", DELETIONS, {"deletions": list(deletions)}, **kwargs)


async def listed(tenant: Management, noun: str) -> list[dict[str, Any]]:
    answer = await tenant.call("GET", f"/api/v2/{noun}?per_page=100")
    records: list[dict[str, Any]] = answer.body
    return records


async def a_grant_of(tenant: Management, client: ApiClient) -> str:
    grants = await tenant.call("GET", f"/api/v2/client-grants?client_id={client.client_id}")
    grant_id: str = grants.body[0]["id"]
    return grant_id


async def test_records_of_every_noun_go_in_one_call(tenant: Management) -> None:
    client = await tenant.a_client()
    api = (await tenant.call("GET", f"/api/v2/resource-servers?identifiers={client.audience}")).body[0]["id"]
    rule = await tenant.create("rules", {"name": "goes", "script": RULE})
    stays = await tenant.create("rules", {"name": "stays", "script": RULE})
    await tenant.create(f"rules/{stays['id']}/secrets", {"A": "1", "B": "2", "C": "3"})
    answer = await delete(
        tenant,
        await deletion(tenant, "client-grants", await a_grant_of(tenant, client)),
        await deletion(tenant, "clients", client.client_id),
        await deletion(tenant, "resource-servers", api),
        await deletion(tenant, "rules", rule["id"]),
        await deletion(tenant, "rule-secrets", stays["id"], names=["A"]),
        await deletion(tenant, "rule-secrets", stays["id"], names=["C", "NEVER_WAS"]),
    )
    assert (answer.status, answer.body) == (200, {"deleted": 6})
    assert client.client_id not in [each["client_id"] for each in await listed(tenant, "clients")]
    assert [each["name"] for each in await listed(tenant, "rules")] == ["stays"]
    assert list((await tenant.call("GET", f"/api/v2/rules/{stays['id']}/secrets")).body) == ["B"]
    newest = (await tenant.call("GET", "/api/v2/logs?per_page=1")).body[0]
    changes = [(each["kind"], each["id"]) for each in newest["details"]["changes"]]
    assert len(changes) == len(set(changes)), "a client's grant that is named too is deleted once"
    assert {kind for kind, _id in changes} >= {"clients", "resource-servers", "client-grants", "rules"}


async def test_one_that_was_changed_or_is_gone_keeps_all_others(tenant: Management) -> None:
    kept, changed, gone = [await tenant.create("clients", {"name": name}) for name in ("kept", "changed", "gone")]
    wanted = [await deletion(tenant, "clients", each["client_id"]) for each in (kept, changed, gone)]
    await tenant.call("PATCH", f"/api/v2/clients/{changed['client_id']}", {"name": "changed since"})
    refused = await delete(tenant, *wanted)
    assert (refused.status, refused.body["errorCode"], refused.body["field"]) == (
        412,
        "precondition_failed",
        "deletions[1]",
    )
    await tenant.call("DELETE", f"/api/v2/clients/{gone['client_id']}")
    refused = await delete(tenant, wanted[0], wanted[2])
    assert (refused.status, refused.body["field"]) == (412, "deletions[1]")
    assert kept["client_id"] in [each["client_id"] for each in await listed(tenant, "clients")]


async def test_a_secret_whose_value_was_changed_is_not_the_one_that_was_read(tenant: Management) -> None:
    rule = await tenant.create("rules", {"name": "keeps a secret", "script": RULE})
    path = f"/api/v2/rules/{rule['id']}/secrets"
    await tenant.create(f"rules/{rule['id']}/secrets", {"KEY": "1"})
    read = await deletion(tenant, "rule-secrets", rule["id"], names=["KEY"])
    assert (await tenant.call("PATCH", path, {"KEY": "2"})).status == 200
    assert (await delete(tenant, read)).status == 412
    assert (await delete(tenant, await deletion(tenant, "rule-secrets", rule["id"], names=["KEY"]))).status == 200


async def test_the_management_api_stays_and_with_it_all_else(tenant: Management) -> None:
    client = await tenant.create("clients", {"name": "kept"})
    own = next(each for each in await listed(tenant, "resource-servers") if each["is_system"])
    refused = await delete(
        tenant,
        await deletion(tenant, "clients", client["client_id"]),
        await deletion(tenant, "resource-servers", own["id"]),
    )
    assert (refused.status, refused.body["errorCode"]) == (400, "operation_not_supported")
    assert client["client_id"] in [each["client_id"] for each in await listed(tenant, "clients")]


async def test_each_noun_needs_the_scope_that_deletes_one_of_it(tenant: Management) -> None:
    gone = await tenant.create("clients", {"name": "goes"})
    rule = await tenant.create("rules", {"name": "stays", "script": RULE})
    wanted = [await deletion(tenant, "clients", gone["client_id"]), await deletion(tenant, "rules", rule["id"])]
    cleaner = await tenant.create("clients", {"name": "cleaner"})
    grant = {"client_id": cleaner["client_id"], "audience": tenant.admin["audience"], "scope": ["delete:clients"]}
    await tenant.create("client-grants", grant)
    as_cleaner = ApiClient(cleaner["client_id"], cleaner["client_secret"], tenant.admin["audience"])
    token = (await tenant.ask(as_cleaner.request())).body["access_token"]
    refused = await delete(tenant, *wanted, token=token)
    assert (refused.status, "delete:rules" in refused.body["message"]) == (403, True)
    assert (await delete(tenant, wanted[0], token=token)).status == 200
    assert (await delete(tenant, wanted[1], token="nonsense")).status == 401


async def test_sent_again_it_is_the_same_call(tenant: Management) -> None:
    client = await tenant.create("clients", {"name": "goes once"})
    wanted, key = await deletion(tenant, "clients", client["client_id"]), {"Idempotency-Key": secrets.token_hex(8)}
    first, again = [await delete(tenant, wanted, headers=key) for _ in range(2)]
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["idempotent-replayed"] == "true"


async def test_all_of_very_many_are_in_the_log(tenant: Management) -> None:
    made = [await tenant.create("clients", {"name": f"client {number}"}) for number in range(230)]
    wanted = [await deletion(tenant, "clients", each["client_id"]) for each in made]
    assert (await delete(tenant, *wanted)).status == 200
    newest = (await tenant.call("GET", "/api/v2/logs?per_page=2")).body
    assert {each["description"] for each in newest} == {f"POST {DELETIONS}"}
    logged = [change["id"] for each in newest for change in each["details"]["changes"]]
    assert sorted(logged) == sorted(each["client_id"] for each in made)


def test_an_administrator_that_is_deleted_with_others_is_missed_in_the_admin_file(start_raw: StartRaw) -> None:
    with start_raw() as gateway:
        own = {name: gateway.admin[name] for name in ("client_id", "client_secret", "audience")}
        _, _, answer = call(gateway.port, "/oauth/token", {"grant_type": "client_credentials", **own})
        token = answer["access_token"]
        _, headers, _ = call(gateway.port, f"/api/v2/clients/{own['client_id']}", token=token)
        gone = {"noun": "clients", "id": own["client_id"], "etag": headers["ETag"]}
        assert call(gateway.port, DELETIONS, {"deletions": [gone]}, token=token)[0] == 200
        until(lambda: "the secret in the admin file is not live" in gateway.process.output, failing=gateway.process)
