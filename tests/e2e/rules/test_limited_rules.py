"""Rules that run for some clients and APIs only."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from fixtures.management import ApiClient, Management

pytestmark = pytest.mark.timeout(120)

MARKS = "export default () => ({ marked: true })"


async def is_marked(management: Management, client: ApiClient) -> bool:
    answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    return "marked" in jwt.decode(answer.body["access_token"], options={"verify_signature": False})


async def test_a_rule_runs_only_for_the_clients_that_it_names(management: Management) -> None:
    one, other = await management.a_client(), await management.a_client()
    async with management.rule(MARKS, clients=[one.client_id]) as rule:
        assert (rule["clients"], rule["audiences"]) == ([one.client_id], [])
        assert await is_marked(management, one)
        assert not await is_marked(management, other)


async def test_a_rule_runs_only_for_the_apis_that_it_names(management: Management) -> None:
    one, other = await management.a_client(), await management.a_client()
    async with management.rule(MARKS, audiences=[one.audience]):
        assert await is_marked(management, one)
        assert not await is_marked(management, other)


async def test_what_a_rule_is_limited_to_can_be_changed_and_is_no_new_version(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(MARKS, clients=["nobody", "nobody"]) as rule:
        assert rule["clients"] == ["nobody"]
        assert not await is_marked(management, client)
        path = f"/api/v2/rules/{rule['id']}"
        patched = (await management.call("PATCH", path, {"clients": [], "audiences": [client.audience]})).body
        assert (patched["clients"], patched["audiences"], patched["version"]) == ([], [client.audience], 1)
        assert await is_marked(management, client)
        assert (await management.call("PATCH", path, {"order": 3})).body["audiences"] == [client.audience]


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        pytest.param({"clients": ["a:b"]}, "clients[0]", id="no client id"),
        pytest.param({"clients": "a"}, "clients", id="no list"),
        pytest.param({"clients": ["a"] * 101}, "clients", id="too many clients"),
        pytest.param({"audiences": ["https://a/", ""]}, "audiences[1]", id="no identifier"),
    ],
)
async def test_a_malformed_limit_is_refused_by_name(management: Management, limits: dict[str, Any], field: str) -> None:
    answer = await management.call("POST", "/api/v2/rules", {"name": "r", "script": MARKS, **limits})
    assert (answer.status, answer.body.get("field")) == (400, field), answer.text


async def test_a_request_that_all_rules_exclude_needs_no_runner(lone_gateway: Management) -> None:
    one, other = await lone_gateway.a_client(), await lone_gateway.a_client()
    lone_gateway.no_check = True
    async with lone_gateway.rule(MARKS, clients=[one.client_id]):
        assert (await lone_gateway.ask(one.request())).status == 503
        assert not await is_marked(lone_gateway, other)
