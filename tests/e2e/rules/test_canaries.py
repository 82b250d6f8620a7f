"""A canary: a version decides for a share of the clients, and is rolled back if it fails more than the one before."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from fixtures.management import Answer, ApiClient, Management, read_exchange
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually
from fixtures.watching import watching
from rulemint_shared.contract.rollouts import has_canary

pytestmark = pytest.mark.timeout(120)

OLD = "export default () => ({ plan: 'old' });"
NEW = "export default () => ({ plan: 'new' });"
BROKEN = "export default () => { throw new Error('a typo'); };"
HALF: dict[str, Any] = {"kind": "canary", "steps": [50, 100], "minimum": 5, "hold_s": 0}


async def start(tenant: Management, rule: dict[str, Any], script: str, **fields: Any) -> Answer:
    path = f"/api/v2/rules/{rule['id']}"
    saved = await tenant.call("PATCH", path, {"script": script, "draft": True}, params={"no_check": "true"})
    assert saved.status == 200, saved.text
    return await tenant.call("POST", f"{path}/rollout", {**HALF, **fields}, params={"no_check": "true"})


async def two_clients(tenant: Management, rule: dict[str, Any]) -> tuple[ApiClient, ApiClient]:
    """One that gets the canary at 50 percent, and one that does not. Their ids are chosen by chance."""
    found: dict[bool, ApiClient] = {}
    name = (await tenant.call("GET", "/api/v2/clients")).body[0]["tenant"]
    while len(found) < 2:
        client = await tenant.a_client()
        found[has_canary(name, rule["id"], client.client_id, 50)] = client
    return found[True], found[False]


def plan_of(answer: Answer) -> str:
    assert answer.status == 200, answer.text
    return str(jwt.decode(answer.body["access_token"], options={"verify_signature": False})["plan"])


async def rollout_of(tenant: Management, rule: dict[str, Any]) -> dict[str, Any]:
    answer = await tenant.call("GET", f"/api/v2/rules/{rule['id']}/rollout")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.body
    return found


async def test_a_client_of_the_canary_gets_it_each_time_and_the_record_says_so(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule(OLD) as rule:
        chosen, other = await two_clients(tenant, rule)
        started = await start(tenant, rule, NEW, minimum=1_000)
        assert (started.status, started.body["verdict"], started.body["share"]) == (201, "too_few", 50.0)
        answers = [await tenant.ask(chosen.request()) for _ in range(5)]
        assert [plan_of(answer) for answer in answers] == ["new"] * 5
        assert [plan_of(await tenant.ask(other.request())) for _ in range(5)] == ["old"] * 5
        record = await read_exchange(tenant, answers[-1].headers["x-request-id"])
        assert (record["flow"][0]["version"], record["rules"][0]["version"]) == (2, 2)

        async def counted() -> list[Any]:
            counts = (await rollout_of(tenant, rule))["counts"]
            return [(each["version"], each["requests"]) for each in counts]

        assert await eventually(counted, lambda counts: sum(count for _version, count in counts) == 10)
        assert sorted(await counted()) == [(1, 5), (2, 5)]
        assert (await tenant.call("DELETE", f"/api/v2/rules/{rule['id']}/rollout")).status == 204
        assert plan_of(await tenant.ask(chosen.request())) == "old"
        assert (await rollout_of(tenant, rule))["state"] == "stopped"


async def test_a_canary_that_fails_is_rolled_back_with_its_reason_in_the_audit(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule(OLD) as rule, watching(tenant) as watch:
        chosen, other = await two_clients(tenant, rule)
        assert (await start(tenant, rule, BROKEN)).status == 201
        for _ in range(20):
            assert (await tenant.ask(other.request())).status == 200

        async def ask() -> Answer:
            return await tenant.ask(chosen.request())

        assert (await ask()).status == 500
        assert plan_of(await eventually(ask, lambda answer: answer.status == 200)) == "old"
        rollout = await rollout_of(tenant, rule)
        assert (rollout["state"], rollout["running_version"], rollout["verdict"]) == ("rolled_back", 1, None)
        assert "requests failed with version 2, and 0 of 20 with the version that runs" in rollout["reason"]
        record = (await tenant.call("GET", f"/api/v2/rules/{rule['id']}")).body
        assert (record["version"], record["draft_version"]) == (1, 2)
        entries = (await tenant.call("GET", "/api/v2/logs?take=100")).body
        (changes,) = [each["details"]["changes"] for each in entries if each["client_name"] == "gateway"]
        assert changes[0]["after"]["rollout"]["state"] == "rolled_back"
        assert changes[0]["after"]["rollout"]["reason"] == rollout["reason"]

        async def told() -> list[str]:
            return [str(each["message"]) for each in watch.records if "was rolled back" in str(each.get("message"))]

        (line,) = await eventually(told)
        assert line == f"version 2 was rolled back to version 1: {rollout['reason']}"


async def test_a_canary_that_passes_goes_on_by_itself_until_it_runs_for_all(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule(OLD) as rule:
        clients = await two_clients(tenant, rule)
        assert (await start(tenant, rule, NEW)).status == 201

        async def ask() -> dict[str, Any]:
            for client in clients:
                plan_of(await tenant.ask(client.request()))
            return await rollout_of(tenant, rule)

        rollout = await eventually(ask, lambda found: found["state"] != "running")
        assert (rollout["state"], rollout["step"], rollout["running_version"]) == ("promoted", 1, 2)
        record = (await tenant.call("GET", f"/api/v2/rules/{rule['id']}")).body
        assert (record["version"], record["draft_version"], record["previous_version"]) == (2, None, 1)
        assert [plan_of(await tenant.ask(client.request())) for client in clients] == ["new", "new"]


async def test_a_deployment_ends_a_rollout(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule(OLD) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await start(tenant, rule, NEW)
        again = await start(tenant, rule, NEW)
        assert (again.status, again.body["errorCode"]) == (409, "rollout_under_way")
        deployed = await tenant.call("POST", f"{path}/versions/2/deploy", params={"no_check": "true"})
        assert deployed.status == 200, deployed.text
        assert (await rollout_of(tenant, rule))["state"] == "promoted"
        await start(tenant, rule, OLD)
        fixed = await tenant.call("PATCH", path, {"script": f"// fixed\n{OLD}"}, params={"no_check": "true"})
        assert fixed.status == 200, fixed.text
        ended = await rollout_of(tenant, rule)
        assert (ended["state"], ended["reason"]) == ("replaced", "version 4 was deployed")


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        pytest.param({"steps": [25, 5]}, 400, "steps", id="steps that do not ascend"),
        pytest.param({"steps": [100]}, 400, "steps", id="all at once"),
        pytest.param({"steps": [0]}, 400, "steps[0]", id="no share"),
        pytest.param({"kind": "shadow", "steps": [5, 10]}, 400, "steps", id="a shadow with steps"),
        pytest.param({"version": 1}, 400, "version", id="the version that runs"),
        pytest.param({"version": 9}, 404, None, id="no version"),
    ],
)
async def test_what_cannot_be_rolled_out_is_refused(
    management: Management, fields: dict[str, Any], status: int, field: str | None
) -> None:
    async with management.rule(OLD, enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}/rollout"
        assert (await management.call("GET", path)).status == 404
        refused = await start(management, rule, NEW, **fields)
        assert (refused.status, refused.body.get("field")) == (status, field), refused.text


async def test_a_version_that_does_not_load_is_not_rolled_out(management: Management) -> None:
    async with management.rule(OLD, enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": "export default (", "draft": True}, params={"no_check": "true"})
        refused = await management.call("POST", f"{path}/rollout", HALF)
        assert (refused.status, refused.body["errorCode"]) == (400, "does_not_load"), refused.text
