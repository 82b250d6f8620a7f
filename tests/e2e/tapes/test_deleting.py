"""With a client or a rule its tapes go, and nobody can read, explain, replay or backtest from them."""

from __future__ import annotations

import secrets

import pytest

from fixtures.management import ApiClient, Management
from fixtures.tapes import taped

pytestmark = pytest.mark.timeout(120)

SCRIPT = "export default ({ client }) => ({ who: client.name });"


async def is_of_use(tenant: Management, exchange: str) -> bool:
    """Whether the tape can be read, replayed and explained from; one of these alone is a failure."""
    read = await tenant.call("GET", f"/api/v2/exchanges/{exchange}/tape")
    replayed = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/replay", {})
    what_if = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/replay", {"set": ["client.name=x"]})
    explained = (await tenant.call("GET", f"/api/v2/exchanges/{exchange}/explanation")).body
    statuses = {read.status, replayed.status, what_if.status, 200 if explained["depth"] == "replayed" else 404}
    assert len(statuses) == 1, (read.text, replayed.text, what_if.text, explained)
    return statuses == {200}


async def backtested(tenant: Management, rule_id: str) -> int:
    """The number of tapes that a backtest of the rule finds."""
    body = {"rule_id": rule_id, "script": "export default () => ({ who: 'x' });"}
    answer = await tenant.call("POST", "/api/v2/rules/backtest", body)
    assert answer.status == 200, answer.text
    return int(answer.body["coverage"]["tapes"])


async def test_with_a_client_its_tapes_go_and_others_stay(tenant: Management) -> None:
    async with tenant.rule(SCRIPT) as rule:
        gone, stays = await tenant.a_client(), await tenant.a_client()
        exchanges = [await taped(tenant, client) for client in (gone, stays, gone)]
        assert [await is_of_use(tenant, each) for each in exchanges] == [True, True, True]
        assert await backtested(tenant, rule["id"]) == 3
        assert (await tenant.call("DELETE", f"/api/v2/clients/{gone.client_id}")).status == 204
        assert [await is_of_use(tenant, each) for each in exchanges] == [False, True, False]
        assert await backtested(tenant, rule["id"]) == 1
        records = [await tenant.call("GET", f"/api/v2/exchanges/{each}") for each in exchanges]
        assert [record.status for record in records] == [200, 200, 200], "the records stay"


async def test_with_a_rule_all_tapes_of_its_flows_go_and_others_stay(tenant: Management) -> None:
    async with tenant.rule(SCRIPT) as stays:
        client = await tenant.a_client()
        first = await taped(tenant, client)
        async with tenant.rule("export default () => ({ second: 1 });"):
            second = await taped(tenant, client)
            assert await is_of_use(tenant, second)
        assert [await is_of_use(tenant, each) for each in (first, second)] == [True, False]
        assert await backtested(tenant, stays["id"]) == 1


async def test_records_that_are_deleted_together_take_their_tapes_along(tenant: Management) -> None:
    async with tenant.rule(SCRIPT):
        clients = [await tenant.a_client() for _ in range(3)]
        exchanges = [await taped(tenant, client) for client in clients]
        deletions = []
        for client in clients[:2]:
            shown = await tenant.call("GET", f"/api/v2/clients/{client.client_id}")
            deletions.append({"noun": "clients", "id": client.client_id, "etag": shown.headers["etag"]})
        answer = await tenant.call("POST", "/api/v2/config/deletions", {"deletions": deletions})
        assert answer.status == 200, answer.text
        assert [await is_of_use(tenant, each) for each in exchanges] == [False, False, True]


async def test_a_client_that_is_made_anew_has_none_of_the_old_tapes_and_keeps_its_own(tenant: Management) -> None:
    async with tenant.rule(SCRIPT):
        client = await tenant.a_client()
        old = await taped(tenant, client)
        await tenant.call("DELETE", f"/api/v2/clients/{client.client_id}")
        same = {"client_id": client.client_id, "client_secret": secrets.token_urlsafe(48), "name": "anew"}
        await tenant.create("clients", same)
        grant = {"client_id": client.client_id, "audience": client.audience, "scope": ["read"]}
        await tenant.create("client-grants", grant)
        new = await taped(tenant, ApiClient(client.client_id, same["client_secret"], client.audience))
        assert [await is_of_use(tenant, each) for each in (old, new)] == [False, True]
