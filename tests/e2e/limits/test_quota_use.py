"""How much of a tenant's quotas is used, and what they refused, as ``GET /api/v2/quotas`` tells it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import Answer, Management
from fixtures.proxied import from_address
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

QUOTAS = "/api/v2/quotas"
SETTINGS = "/api/v2/tenants/settings"


@pytest.fixture
async def tenant(proxied: Management) -> AsyncIterator[Management]:
    """With settings and counts of its own."""
    async with a_tenant(proxied) as opened:
        yield opened


async def read(tenant: Management) -> dict[str, Any]:
    answer = await tenant.call("GET", QUOTAS)
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


def named(found: dict[str, Any], name: str) -> dict[str, Any]:
    quotas: list[dict[str, Any]] = found["quotas"]
    return next(quota for quota in quotas if quota["name"] == name)


def refused(found: dict[str, Any]) -> dict[str, int]:
    return {each["by"]: each["count"] for each in found["refused"]}


async def statuses(tenant: Management, request: dict[str, Any], times: int) -> list[int]:
    answers: list[Answer] = [await tenant.ask(request) for _ in range(times)]
    return [answer.status for answer in answers]


async def test_tokens_of_the_tenant_are_counted_and_refusals_are_told_by_their_quota(tenant: Management) -> None:
    names = {quota["name"] for quota in (await read(tenant))["quotas"]}
    assert not names & {"tokens_per_hour", "tokens_per_day"}, "none is set"
    client, other = await tenant.a_client(), await tenant.a_client()
    quota = {"tenant_token_quota": {"client_credentials": {"per_hour": 3, "per_day": 100}}}
    assert (await tenant.call("PATCH", SETTINGS, quota)).status == 200
    own = {"token_quota": {"client_credentials": {"per_hour": 1}}}
    assert (await tenant.call("PATCH", f"/api/v2/clients/{other.client_id}", own)).status == 200
    assert await statuses(tenant, other.request(), 2) == [200, 429]
    assert await statuses(tenant, client.request(), 4) == [200, 200, 429, 429]
    found = await eventually(lambda: read(tenant), lambda found: refused(found)["tenant_token_quota"] == 2)
    hour, day = named(found, "tokens_per_hour"), named(found, "tokens_per_day")
    assert (hour["used"], hour["limit"], hour["when_full"]) == (3, 3, "refused")
    assert (day["used"], day["limit"], hour["set_by"]) == (3, 100, "tenant_token_quota")
    assert hour["resets_at"].endswith(":00:00.000Z")
    assert refused(found) == {
        "tenant_token_quota": 2,
        "client_token_quota": 1,
        "source_token_quota": 0,
        "failed_logins": 0,
        "waiting_requests": 0,
    }


async def test_a_quota_that_is_not_enforced_is_only_told(tenant: Management) -> None:
    client = await tenant.a_client()
    quota = {"tenant_token_quota": {"client_credentials": {"per_hour": 1, "enforce": False}}}
    assert (await tenant.call("PATCH", SETTINGS, quota)).status == 200
    assert await statuses(tenant, client.request(), 2) == [200, 200]
    hour = named(await read(tenant), "tokens_per_hour")
    assert (hour["used"], hour["limit"], hour["when_full"]) == (2, 1, "told")


async def test_token_requests_that_are_throttled_are_counted_for_their_tenant(tenant: Management) -> None:
    client = await tenant.a_client()
    address = f"127.{secrets.randbelow(200) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
    host = tenant.session.headers["Host"]
    async with from_address(tenant, address, Host=host) as guesser:
        assert await statuses(guesser, client.request(client_secret="wrong"), 12) == [401] * 10 + [429] * 2
    found = await eventually(lambda: read(tenant), lambda found: refused(found)["failed_logins"] > 0)
    assert refused(found)["failed_logins"] == 2


async def test_what_the_tenant_has_is_counted_next_to_what_it_may_have(tenant: Management) -> None:
    before = await read(tenant)
    client = await tenant.a_client()
    async with tenant.rule("export default () => ({});", rule_secrets={"ONE": "a", "TWO": "b"}):
        assert (await tenant.ask(client.request())).status == 200
        kept = await eventually(lambda: read(tenant), lambda found: named(found, "exchange_records")["used"] > 0)
        assert named(kept, "exchange_bytes")["used"] > 0
        assert named(kept, "exchange_records")["when_full"] == "oldest_go"
        grown = {
            name: named(kept, name)["used"] - named(before, name)["used"]
            for name in ("rules", "clients", "resource_servers", "client_grants", "rule_secrets")
        }
        assert grown == {"rules": 1, "clients": 1, "resource_servers": 1, "client_grants": 1, "rule_secrets": 2}
        assert named(kept, "script_bytes")["used"] > named(before, "script_bytes")["used"]
        rules = named(kept, "rules")
        assert (rules["limit"], rules["when_full"], rules["set_by"]) == (1_000, "refused", "RULEMINT_MAX_RULES")
        assert named(kept, "audit_records")["used"] > named(before, "audit_records")["used"]


async def test_requests_that_wait_for_rules_are_counted_at_all_gateways(tenant: Management) -> None:
    idle = named(await read(tenant), "waiting_requests")
    assert idle["used"] == 0
    assert idle["limit"] >= 2_500, "half of the places of each gateway"


async def test_quotas_need_the_scope_of_statistics(tenant: Management) -> None:
    assert (await tenant.call("GET", QUOTAS, token="")).status == 401
