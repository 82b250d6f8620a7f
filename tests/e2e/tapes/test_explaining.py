"""A token explains itself: which rule and line set each claim, and why others are absent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import ApiClient, Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

HOOK = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('plan', 'none');
  if (event.client.metadata.plan === 'gold') {
    api.accessToken.setCustomClaim('limit', 1000);
  }
  api.accessToken.setCustomClaim('plan', event.client.metadata.plan);
  api.accessToken.setCustomClaim('iss', 'me');
};
"""
RULE = """
def rule(client, scope, audience, context):
    claims = {"region": "eu"}
    if client["metadata"]["plan"] == "gold":
        claims["support"] = "day and night"
    claims["region"] = "ch"
    return {**claims, "scope": [*scope, "more"]}
"""
OTHER = "def rule(client, scope, audience, context):\n    return {'team': 'night'}"


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        yield opened


async def explained(tenant: Management, client: ApiClient, *, taped: bool) -> Any:
    tapes = {"tapes": {"failures": taped, "one_in": 1 if taped else 0}}
    assert (await tenant.call("PATCH", "/api/v2/tenants/settings", tapes)).status == 200
    answer = await tenant.ask(client.request())
    path = f"/api/v2/exchanges/{answer.headers['x-request-id']}"
    if taped:
        await eventually(lambda: tenant.call("GET", f"{path}/tape"), lambda found: found.status == 200)
    found = await eventually(lambda: tenant.call("GET", f"{path}/explanation"), lambda found: found.status != 404)
    assert found.status == 200, found.text
    return found.body


async def test_each_claim_and_scope_names_its_line_and_each_absent_one_its_reason(tenant: Management) -> None:
    async with tenant.rule(HOOK, language="javascript"), tenant.rule(RULE, language="python"):
        client = await tenant.a_client(metadata={"plan": "silver"})
        found = await explained(tenant, client, taped=True)
    assert (found["depth"], found["could_not_know"]) == ("replayed", [])
    lines = {each["name"]: each["set_by"][-1] for each in (*found["claims"], *found["scopes"]) if each["set_by"]}
    assert {name: (each["line"], each["seen"], each.get("before")) for name, each in lines.items()} == {
        "plan": (7, True, '"none"'),
        "region": (6, True, '"eu"'),
        "more": (7, False, None),
    }
    absent = {each["name"]: each for each in found["absent"]}
    assert (absent["limit"]["reason"], absent["limit"]["line"]) == ("branch_not_taken", 4)
    assert (absent["support"]["reason"], absent["support"]["line"]) == ("branch_not_taken", 4)
    assert absent["iss"]["reason"] == "left_out"
    assert [each["ran"] for each in found["rules"]] == [True, True]
    assert found["signed"]["jti"] == found["exchange_id"]
    assert found["authenticated"]["client_id"] == client.client_id


async def test_without_a_tape_it_says_what_the_record_can_say_and_what_it_cannot(tenant: Management) -> None:
    async with tenant.rule(RULE, language="python"):
        client = await tenant.a_client(metadata={"plan": "silver"})
        found = await explained(tenant, client, taped=False)
    assert found["depth"] == "summary"
    (unknown,) = found["could_not_know"]
    assert unknown.startswith("the lines that set claims and scopes")
    (region,) = found["claims"]
    assert (region["name"], region["value"]) == ("region", "ch")
    assert "line" not in region["set_by"][0]


async def test_a_claim_of_a_rule_that_is_not_bound_to_the_client_says_so(tenant: Management) -> None:
    async with tenant.rule(RULE, language="python"), tenant.rule(OTHER, language="python", clients=["nobody"]):
        client = await tenant.a_client(metadata={"plan": "silver"})
        found = await explained(tenant, client, taped=False)
    (team,) = [each for each in found["absent"] if each["name"] == "team"]
    assert team["reason"] == "not_bound"


async def test_a_request_that_never_was_has_no_explanation(tenant: Management) -> None:
    answer = await tenant.call("GET", "/api/v2/exchanges/exc_01a212dbf7d09a0c5f878fff0915/explanation")
    assert (answer.status, answer.body["errorCode"]) == (404, "inexistent_exchange")
