"""Quotas of tokens, as data: of a client, of all by default, of a tenant, of an address; enforced, or only told of."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import Answer, ApiClient, Management
from fixtures.proxied import from_address
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually
from fixtures.ways import both_ways

pytestmark = both_ways

SETTINGS = "/api/v2/tenants/settings"
DENIES = "module.exports = (client, scope, audience, context, cb) => cb(new Error('denied'));"


@pytest.fixture
async def tenant(proxied: Management) -> AsyncIterator[Management]:
    """With settings of its own."""
    async with a_tenant(proxied) as opened:
        yield opened


def quota(**numbers: Any) -> dict[str, Any]:
    return {"client_credentials": numbers}


async def set_client(tenant: Management, client: ApiClient, value: Any) -> dict[str, Any]:
    answer = await tenant.call("PATCH", f"/api/v2/clients/{client.client_id}", {"token_quota": value})
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


async def set_tenant(tenant: Management, **settings: Any) -> dict[str, Any]:
    answer = await tenant.call("PATCH", SETTINGS, settings)
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


async def ask(tenant: Management, client: ApiClient, times: int) -> list[Answer]:
    return [await tenant.ask(client.request()) for _ in range(times)]


def statuses(answers: list[Answer]) -> list[int]:
    return [answer.status for answer in answers]


async def entries(tenant: Management) -> list[dict[str, Any]]:
    found = (await tenant.call("GET", "/api/v2/logs?per_page=100&sort=date:-1")).body
    return [each for each in found if "Quota exceeded" in each["description"]]


async def test_a_client_gets_its_tokens_of_a_day_and_then_429_until_the_next(tenant: Management) -> None:
    client, other = await tenant.a_client(), await tenant.a_client()
    shown = await set_client(tenant, client, quota(per_day=3, enforce=True))
    assert shown["token_quota"] == quota(per_day=3, enforce=True)
    answers = await ask(tenant, client, 5)
    assert statuses(answers) == [200, 200, 200, 429, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    left_s = 86_400 - int(time.time()) % 86_400
    for answer in answers:
        assert abs(int(answer.headers["ratelimit-reset"]) - left_s) <= 30
        assert answer.headers["auth0-client-quota-limit"].startswith("b=per_day;q=3;r=")
    refused = answers[-1]
    assert refused.body["error"] == "too_many_requests"
    assert "this client has had its 3 tokens of this day" in refused.body["error_description"]
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert statuses(await ask(tenant, other, 1)) == [200], "another client has tokens of its own"


async def test_a_quota_that_is_not_enforced_refuses_nobody_and_is_told_of_once(tenant: Management) -> None:
    client = await tenant.a_client()
    await set_client(tenant, client, quota(per_day=1, enforce=False))
    answers = await ask(tenant, client, 4)
    assert statuses(answers) == [200] * 4
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["0"] * 4
    (entry,) = await eventually(lambda: entries(tenant))
    assert entry["client_id"] == client.client_id
    assert "1 tokens a day of this client; it is not enforced" in entry["description"]


async def test_the_first_refusal_of_a_day_is_in_the_audit_log_and_no_other(tenant: Management) -> None:
    client = await tenant.a_client()
    await set_client(tenant, client, quota(per_day=1))
    assert statuses(await ask(tenant, client, 5)) == [200, 429, 429, 429, 429]
    (entry,) = await eventually(lambda: entries(tenant))
    assert (entry["type"], entry["details"]["response"]["statusCode"]) == ("fapi", 429)


async def test_the_default_is_of_each_client_without_a_quota_of_its_own(tenant: Management) -> None:
    one, other, own = await tenant.a_client(), await tenant.a_client(), await tenant.a_client()
    shown = await set_tenant(
        tenant, default_token_quota={"clients": quota(per_day=1), "organizations": quota(per_day=1)}
    )
    assert shown["default_token_quota"] == {"clients": quota(per_day=1), "organizations": quota(per_day=1)}
    await set_client(tenant, own, quota(per_day=2))
    assert statuses(await ask(tenant, one, 2)) == statuses(await ask(tenant, other, 2)) == [200, 429]
    assert statuses(await ask(tenant, own, 3)) == [200, 200, 429]


async def test_all_clients_of_a_tenant_share_its_quota(tenant: Management, proxied: Management) -> None:
    one, other = await tenant.a_client(), await tenant.a_client()
    await set_tenant(tenant, tenant_token_quota=quota(per_day=3))
    answers = [*await ask(tenant, one, 2), *await ask(tenant, other, 2), *await ask(tenant, one, 1)]
    assert statuses(answers) == [200, 200, 200, 429, 429]
    assert "this tenant has had its 3 tokens" in answers[-1].body["error_description"]
    assert statuses(await ask(proxied, await proxied.a_client(), 1)) == [200], "not of another tenant"


async def test_each_address_has_its_quota(tenant: Management) -> None:
    client = await tenant.a_client()
    await set_tenant(tenant, source_token_quota=quota(per_day=2))
    headers = dict(tenant.session.headers)
    for address in ("127.0.0.7", "127.0.0.8"):
        async with from_address(tenant, address, **headers) as asker:
            answers = await ask(asker, client, 3)
            assert statuses(answers) == [200, 200, 429]
            assert "this address has had its 2 tokens" in answers[-1].body["error_description"]


async def test_auth0_s_style_has_auth0_s_words_and_the_headers_all_the_same(tenant: Management) -> None:
    client = await tenant.a_client()
    await set_tenant(tenant, error_style="auth0")
    await set_client(tenant, client, quota(per_day=1, per_hour=1))
    answer = (await ask(tenant, client, 2))[-1]
    assert (answer.status, answer.body["error"]) == (429, "too_many_requests")
    assert answer.body["error_description"] == "Client quota exceeded"
    assert {"retry-after", "ratelimit-limit", "auth0-client-quota-limit"} <= set(answer.headers)


async def test_a_token_that_a_rule_refused_is_not_counted(tenant: Management) -> None:
    client = await tenant.a_client()
    await set_client(tenant, client, quota(per_day=1))
    async with tenant.rule(DENIES):
        for _ in range(5):

            async def denied() -> int:
                return (await tenant.ask(client.request())).status

            await eventually(denied, lambda status: status != 429)
    await eventually(lambda: _status(tenant, client), lambda status: status == 200)
    assert statuses(await ask(tenant, client, 1)) == [429]


async def _status(tenant: Management, client: ApiClient) -> int:
    return (await tenant.ask(client.request())).status


async def test_tokens_for_the_management_api_are_never_counted(tenant: Management) -> None:
    await set_tenant(tenant, default_token_quota={"clients": quota(per_day=1)}, tenant_token_quota=quota(per_day=1))
    for _ in range(3):
        await tenant.log_in()
    assert statuses(await ask(tenant, await tenant.a_client(), 2)) == [200, 429]


async def test_a_quota_that_is_lifted_or_raised_is_so_for_the_next_token(tenant: Management) -> None:
    client = await tenant.a_client()
    await set_client(tenant, client, quota(per_day=1))
    assert statuses(await ask(tenant, client, 2)) == [200, 429]
    await set_client(tenant, client, quota(per_day=3))
    assert statuses(await ask(tenant, client, 3)) == [200, 200, 429]
    assert "token_quota" not in await set_client(tenant, client, None)
    answer = (await ask(tenant, client, 1))[0]
    assert (answer.status, "ratelimit-limit" in answer.headers) == (200, False)


async def test_put_sets_what_it_names_and_forgets_the_rest(tenant: Management) -> None:
    await set_tenant(tenant, friendly_name="Acme", error_style="auth0", source_token_quota=quota(per_day=9))
    answer = await tenant.call("PUT", SETTINGS, {"tenant_token_quota": quota(per_day=5)})
    assert answer.status == 200, answer.text
    assert answer.body == {"error_style": "rfc6749", "tenant_token_quota": quota(per_day=5)}
    assert (await tenant.call("GET", SETTINGS)).body == answer.body
    stale = await tenant.call("PUT", SETTINGS, {}, headers={"If-Match": '"another"'})
    assert stale.status == 412


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (quota(), "token_quota.client_credentials"),
        (quota(enforce=True), "token_quota.client_credentials"),
        (quota(per_hour=0), "token_quota.client_credentials.per_hour"),
        (quota(per_day=2_147_483_648), "token_quota.client_credentials.per_day"),
        (quota(per_day="10"), "token_quota.client_credentials.per_day"),
        (quota(per_minute=10), "token_quota.client_credentials.per_minute"),
        ({}, "token_quota.client_credentials"),
        ({"authorization_code": {}}, "token_quota.client_credentials"),
    ],
)
async def test_what_is_no_quota_is_refused_by_its_name(proxied: Management, value: Any, field: str) -> None:
    body = {"name": "c", "token_quota": value}
    answer = await proxied.call("POST", "/api/v2/clients", body)
    assert (answer.status, answer.body["field"] in {field, "token_quota.authorization_code"}) == (400, True)
    for name in ("tenant_token_quota", "source_token_quota"):
        answer = await proxied.call("PATCH", SETTINGS, {name: value})
        assert (answer.status, answer.body["field"].startswith(name)) == (400, True)
    answer = await proxied.call("PATCH", SETTINGS, {"default_token_quota": {"clients": value}})
    assert (answer.status, answer.body["field"].startswith("default_token_quota.clients")) == (400, True)
