from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.management import Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

LOGS = "/api/v2/logs"


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    """With a log of its own."""
    async with a_tenant(management) as opened:
        yield opened


async def entries(tenant: Management, kind: str) -> list[dict[str, Any]]:
    """All of one type, oldest first."""
    everything = (await tenant.call("GET", f"{LOGS}?take=100")).body
    return [entry for entry in everything if entry["type"] == kind]


async def the_last(tenant: Management, kind: str, path: str) -> dict[str, Any]:
    """The newest entry of a type about a path; it may take a moment."""
    found: list[dict[str, Any]] = []

    async def is_there() -> bool:
        found[:] = [each for each in await entries(tenant, kind) if each["details"]["request"]["path"] == path]
        return bool(found)

    await eventually(is_there)
    return found[-1]


async def test_a_change_says_who_what_from_where_and_before_and_after(tenant: Management) -> None:
    made = await tenant.create("clients", {"name": "before", "client_secret": "a-secret-of-the-client"})
    path = f"/api/v2/clients/{made['client_id']}"
    await tenant.call("PATCH", path, {"name": "after"}, headers={"User-Agent": "a test"})
    entry = await the_last(tenant, "sapi", path)
    (change,) = entry["details"]["changes"]
    assert (change["kind"], change["id"]) == ("clients", made["client_id"])
    assert (change["before"]["name"], change["after"]["name"]) == ("before", "after")
    assert "metadata" not in change["after"], "only what differs"
    assert (entry["client_id"], entry["client_name"]) == (tenant.admin["client_id"], "Rulemint administrator")
    assert (entry["ip"], entry["user_agent"]) == ("127.0.0.1", "a test")
    created = await the_last(tenant, "sapi", "/api/v2/clients")
    assert created["details"]["changes"][0]["before"] is None
    assert created["details"]["changes"][0]["after"]["secrets"][0]["hash"] == "***"


async def test_no_secret_is_in_the_log(tenant: Management) -> None:
    client = await tenant.a_client(metadata={"api_token": "tok-of-metadata", "plan": "gold"})
    path = f"/api/v2/clients/{client.client_id}"
    rotated = (await tenant.call("POST", f"{path}/rotate-secret")).body["client_secret"]
    refused = await tenant.call("PATCH", path, {"addons": {"azure": {"sas_secret": "secret-of-an-addon"}}})
    assert refused.status == 400
    api = {"identifier": "https://hs.example/", "signing_alg": "HS256", "signing_secret": "signing-secret-" * 4}
    await tenant.create("resource-servers", api)
    async with tenant.rule("export default () => ({})", rule_secrets={"A": "value-of-a-rule-secret"}):
        pass
    await the_last(tenant, "sapi", "/api/v2/resource-servers")
    text = (await tenant.call("GET", f"{LOGS}?take=100")).text
    for secret in (client.client_secret, rotated, "tok-of-metadata", "secret-of-an-addon", "signing-secret-",
                   "value-of-a-rule-secret"):  # fmt: skip
        assert secret not in text
    assert "gold" in text


async def test_what_a_deletion_takes_with_it_is_in_one_entry(tenant: Management) -> None:
    client = await tenant.a_client()
    path = f"/api/v2/clients/{client.client_id}"
    await tenant.call("DELETE", path)
    changes = (await the_last(tenant, "sapi", path))["details"]["changes"]
    assert {change["kind"] for change in changes} == {"clients", "client-grants"}
    assert all(change["after"] is None for change in changes)


async def test_a_refused_change_is_an_entry_and_a_refused_reading_is_none(tenant: Management) -> None:
    await tenant.call("POST", "/api/v2/clients", {"name": 7})
    await tenant.call("GET", "/api/v2/clients/nobody")
    entry = await the_last(tenant, "fapi", "/api/v2/clients")
    assert entry["details"]["response"]["statusCode"] == 400
    assert "name" in entry["description"]
    assert len(await entries(tenant, "fapi")) == 1


async def test_token_requests_are_entries(tenant: Management) -> None:
    client = await tenant.a_client(name="asks")
    granted = await tenant.ask(client.request(scope="read"))
    refused = await tenant.ask(client.request(scope="unknown"))

    async def both_are_there() -> bool:
        return len(await entries(tenant, "feccft")) == 1 and len(await entries(tenant, "seccft")) == 2

    await eventually(both_are_there)
    success, failure = (await entries(tenant, "seccft"))[-1], (await entries(tenant, "feccft"))[-1]
    assert success["details"]["exchange_id"] == granted.headers["x-request-id"]
    assert (success["client_name"], success["audience"], success["scope"]) == ("asks", client.audience, "read")
    assert failure["details"]["exchange_id"] == refused.headers["x-request-id"]
    assert failure["description"] == refused.body["error_description"]


async def test_pages_are_newest_first_and_checkpoints_go_on_from_an_entry(tenant: Management) -> None:
    made = [await tenant.create("clients", {"name": f"n{number}"}) for number in range(5)]

    async def all_are_there() -> bool:
        return len(await entries(tenant, "sapi")) >= 5

    await eventually(all_are_there)
    forward: list[dict[str, Any]] = []
    query = "take=2"
    while page := (await tenant.call("GET", f"{LOGS}?{query}")).body:
        forward += page
        query = f"take=2&from={page[-1]['log_id']}"
    pages = (await tenant.call("GET", f"{LOGS}?per_page=100&include_totals=true")).body
    assert pages["logs"] == forward[::-1]
    assert (pages["total"], pages["length"]) == (len(forward), len(forward))
    assert (await tenant.call("GET", f"{LOGS}?per_page=100&sort=date:1")).body == forward
    assert (await tenant.call("GET", f"{LOGS}?page=9&per_page=100")).body == []
    ids = [change["id"] for entry in forward if entry["type"] == "sapi" for change in entry["details"]["changes"]]
    assert [each for each in ids if each in {m["client_id"] for m in made}] == [m["client_id"] for m in made]
    one = await tenant.call("GET", f"{LOGS}/{forward[0]['log_id']}")
    assert one.body == forward[0]
    shown = (await tenant.call("GET", f"{LOGS}?fields=type,log_id&per_page=1")).body
    assert [set(entry) for entry in shown] == [{"type", "log_id"}]


async def test_a_malformed_query_or_id_is_refused(tenant: Management) -> None:
    for query in ("from=nonsense", "sort=name:1", "page=10&per_page=100", "q=type:x"):
        assert (await tenant.call("GET", f"{LOGS}?{query}")).status == 400, query
    for log_id in ("nonsense", "log_00000000000000000000e", "exc_0000000000000000000000000000"):
        missing = await tenant.call("GET", f"{LOGS}/{log_id}")
        assert (missing.status, missing.body["errorCode"]) == (404, "inexistent_log")


async def test_the_log_of_one_tenant_is_not_that_of_another(management: Management, tenant: Management) -> None:
    made = await management.create("clients", {"name": "of default"})
    own = await tenant.create("clients", {"name": "of the tenant"})
    await the_last(tenant, "sapi", "/api/v2/clients")
    text = (await tenant.call("GET", f"{LOGS}?take=100")).text
    assert own["client_id"] in text
    assert made["client_id"] not in text


async def test_tokens_are_counted_by_day_and_clients_by_month(tenant: Management) -> None:
    client = await tenant.a_client()
    for _ in range(3):
        await tenant.ask(client.request())
    await tenant.ask(client.request(scope="unknown"))

    async def are_counted() -> bool:
        daily = (await tenant.call("GET", "/api/v2/stats/daily")).body
        active = (await tenant.call("GET", "/api/v2/stats/active-users")).body
        return (sum(day["logins"] for day in daily), active) == (4, 2)  # the administrator's log-in is one

    await eventually(are_counted)
    today = datetime.now(UTC).strftime("%Y%m%d")
    days = (await tenant.call("GET", f"/api/v2/stats/daily?from={today}&to={today}")).body
    assert [set(day) for day in days] == [
        {"date", "logins", "signups", "leaked_passwords", "created_at", "updated_at"}
    ]  # fmt: skip
    for query in ("from=2026-01-01", "from=20260102&to=20260101", "from=20200101&to=20260101", "colour=red"):
        assert (await tenant.call("GET", f"/api/v2/stats/daily?{query}")).status == 400, query
