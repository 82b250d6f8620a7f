"""A rule that keeps failing pauses: for the client whose requests fail, and for nobody else until several fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fixtures.management import Answer, ApiClient, Management, read_exchange
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually
from rulemint_runner.hosts.circuit_breaker import PAUSE_FOR_COST

pytestmark = pytest.mark.timeout(180)

LOOPS_WHEN_ASKED = """
module.exports = function (client, scope, audience, context, cb) {
  if (context.body.slow) { while (true) {} }
  cb(null, { scope: scope });
};
"""
LIMITS = {"timeout_s": 1.0}
"""Each request of a client that pauses computes for so long."""
PAUSED_S = 1.0 * PAUSE_FOR_COST
"""The longest pause of a rule that computed all the time that it had; on a busy machine it computes for less of it."""


async def loop(management: Management, client: ApiClient) -> Answer:
    return await management.ask(client.request(slow="1"))


async def pause(management: Management, client: ApiClient) -> None:
    """Three requests that compute until they are ended."""
    for _ in range(3):
        answer = await loop(management, client)
        assert answer.status == 500, answer.text


def check_is_paused(answer: Answer) -> None:
    assert answer.status == 503, answer.text
    assert 0 < int(answer.headers["retry-after"]) <= PAUSED_S + 1


async def resume(management: Management, rule: dict[str, Any], body: Any = None, **kwargs: Any) -> Answer:
    return await management.call("POST", f"/api/v2/rules/{rule['id']}/resume", body, **kwargs)


async def pauses_of(management: Management, rule: dict[str, Any]) -> list[Any]:
    """The pause of *rule*, as the list and the rule itself show it."""
    listed = await management.every("rules")
    read = (await management.call("GET", f"/api/v2/rules/{rule['id']}")).body
    return [next(each for each in listed if each["id"] == rule["id"])["pause"], read["pause"]]


async def test_a_client_that_pauses_is_refused_at_once_and_every_other_gets_its_tokens(management: Management) -> None:
    slow, other = await management.a_client(), await management.a_client()
    async with (
        a_tenant(management) as neighbour,
        management.rule(LOOPS_WHEN_ASKED, limits=LIMITS) as rule,
        neighbour.rule(LOOPS_WHEN_ASKED, limits=LIMITS),
    ):
        theirs = await neighbour.a_client()
        await pause(management, slow)
        async with asyncio.timeout(15):  # held back for a second each, twenty of them would take longer
            for _ in range(20):
                check_is_paused(await management.ask(slow.request()))
                assert (await management.ask(other.request())).status == 200
                assert (await neighbour.ask(theirs.request())).status == 200
        shown = await eventually(lambda: pauses_of(management, rule), all)
        assert all(pause["why"].startswith("three timeouts of 1") for pause in shown), "1.1 s on a busy machine"
        assert [(pause["for_all"], pause["clients"], pause["version"]) for pause in shown] == [
            (False, [slow.client_id], 1)
        ] * 2
        record = await read_exchange(management, (await management.ask(slow.request())).headers["x-request-id"])
        assert "three timeouts of 1" in record["detail"]
        assert f"rulemint rules resume '{rule['name']}' --client {slow.client_id}" in record["detail"]


async def test_in_auth0_s_style_the_time_to_wait_is_the_same(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule(LOOPS_WHEN_ASKED, limits=LIMITS):
        await tenant.call("PATCH", "/api/v2/tenants/settings", {"error_style": "auth0"})
        slow = await tenant.a_client()
        await pause(tenant, slow)
        check_is_paused(await tenant.ask(slow.request()))


async def test_several_clients_that_fail_pause_the_rule_for_all_until_it_is_resumed(management: Management) -> None:
    clients = [await management.a_client() for _ in range(4)]
    async with management.rule(LOOPS_WHEN_ASKED, limits=LIMITS) as rule:
        for client in clients[:3]:
            assert (await loop(management, client)).status == 500
        for client in clients:
            answer = await management.ask(client.request())
            assert answer.status == 503
            assert 0 < int(answer.headers["retry-after"]) <= PAUSED_S + 2
        etag = (await management.call("GET", f"/api/v2/rules/{rule['id']}")).headers["etag"]
        shown = await eventually(lambda: pauses_of(management, rule), lambda seen: all(seen) and seen[0]["for_all"])
        assert [(pause["clients"], pause["client_count"]) for pause in shown] == [([], 0)] * 2
        answer = await resume(management, rule)
        assert answer.status == 200, answer.text
        assert (await management.call("GET", f"/api/v2/rules/{rule['id']}")).headers["etag"] == etag
        assert (answer.body["id"], answer.body["name"], answer.body["client_id"]) == (rule["id"], rule["name"], None)
        assert await pauses_of(management, rule) == [None, None]
        assert {(await management.ask(client.request())).status for client in clients} == {200}


async def test_one_client_s_pause_is_ended_and_another_s_is_not(management: Management) -> None:
    one, other = await management.a_client(), await management.a_client()
    async with management.rule(LOOPS_WHEN_ASKED, limits=LIMITS) as rule:
        for client in (one, other):
            await pause(management, client)
        answer = await resume(management, rule, {"client_id": one.client_id})
        assert (answer.status, answer.body["client_id"]) == (200, one.client_id), answer.text
        assert (await management.ask(one.request())).status == 200
        check_is_paused(await management.ask(other.request()))
        (entry,) = [
            entry
            for entry in (await management.call("GET", "/api/v2/logs?per_page=20")).body
            if f"/rules/{rule['id']}/resume" in str(entry)
        ]
        assert one.client_id in str(entry)


async def test_a_new_version_runs_at_once(management: Management) -> None:
    slow = await management.a_client()
    async with management.rule(LOOPS_WHEN_ASKED, limits=LIMITS) as rule:
        await pause(management, slow)
        script = LOOPS_WHEN_ASKED.replace("while (true) {}", "")
        assert (await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": script})).status == 200
        assert (await loop(management, slow)).status == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({}, 200, None, id="nothing said"),
        pytest.param({"client_id": "nobody"}, 404, "inexistent_client", id="no such client"),
        pytest.param({"client_id": ""}, 400, "invalid_body", id="no client id"),
        pytest.param({"clients": []}, 400, "invalid_body", id="something else"),
    ],
)
async def test_what_is_no_resumption_is_refused(
    management: Management, body: Any, status: int, code: str | None
) -> None:
    async with management.rule("export default () => ({})") as rule:
        answer = await resume(management, rule, body)
        assert (answer.status, answer.body.get("errorCode")) == (status, code), answer.text


async def test_there_has_to_be_a_rule_and_leave_to_change_it(management: Management) -> None:
    answer = await resume(management, {"id": "rul_nothing"})
    assert (answer.status, answer.body["errorCode"]) == (404, "inexistent_rule")
    async with management.rule("export default () => ({})") as rule:
        assert (await resume(management, rule, token="")).status == 401
