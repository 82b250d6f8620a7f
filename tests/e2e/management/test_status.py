from __future__ import annotations

from fixtures.management import Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

PATH = "/api/v2/status"


async def test_an_operator_sees_who_is_alive_and_what_waits(management: Management) -> None:
    answer = await management.call("GET", PATH)
    assert answer.status == 200
    status = answer.body
    assert len(status["gateways"]) == 1
    assert [runner["contained"] for runner in status["runners"]] == [True]
    assert status["queue_depth"] >= 0
    assert answer.headers["cache-control"] == "no-store"


async def test_an_operator_sees_how_many_hosts_each_runner_has(management: Management) -> None:
    client = await management.a_client()

    async def hosts() -> int:
        (runner,) = (await management.call("GET", PATH)).body["runners"]
        assert 0 <= runner["busy_hosts"] <= runner["hosts"]
        assert runner["invocations"] >= 0
        return int(runner["hosts"])

    async with management.rule("export default () => ({})"):
        assert (await management.ask(client.request())).status == 200
        await eventually(hosts)


async def test_without_a_runner_the_list_is_empty(lone_gateway: Management) -> None:
    assert (await lone_gateway.call("GET", PATH)).body["runners"] == []


async def test_the_administrator_of_another_tenant_is_told_nothing(management: Management) -> None:
    async with a_tenant(management) as other:
        answer = await other.call("GET", PATH)
    assert answer.status == 403
    assert "read:status" in answer.body["message"]


async def test_the_management_api_is_also_meant_by_the_address_that_was_asked(management: Management) -> None:
    """The SDKs make the audience from the domain that they were given."""
    port = management.url.rpartition(":")[2]
    asked = {**management.admin, "grant_type": "client_credentials"}
    for audience in (f"http://127.0.0.1:{port}/api/v2/", f"https://127.0.0.1:{port}/api/v2/"):
        answer = await management.ask({**asked, "audience": audience})
        assert answer.status == 200, answer.text
        assert (await management.call("GET", "/api/v2/rules", token=answer.body["access_token"])).status == 200
    other = await management.ask({**asked, "audience": "https://elsewhere.example.com/api/v2/"})
    assert other.status != 200
