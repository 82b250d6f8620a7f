"""The smallest change of a request: what would have brought a token, a claim or a scope."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.management import ApiClient, Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).parents[3]
RULE = """
export default async ({ client, scope, context }) => {
  const { plan, seats } = client.metadata;
  if (plan !== 'gold' || Number(seats) * 2 < 40) throw new Error('upgrade');
  return scope.includes('write') && context.webtask.headers['x-mode'] === 'audit' ? { audit: true } : {};
};
"""
ADDS = """
def rule(client, scope, audience, context):
    return {"scope": [*scope, "admin"]} if context["body"].get("as") == "admin" else {}
"""
NEVER = "def rule(client, scope, audience, context):\n    raise AccessDenied('closed')"
KEEPS = """
let ran = 0;
export default async ({ client }) => {
  ran += 1;
  if (ran < 2 || client.metadata.plan === 'x') throw new Error('the first time it says no');
  return {};
};
"""


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        yield opened


async def asked(tenant: Management, client: ApiClient, **more: str) -> str:
    """Return the path of a token request that has left a tape."""
    assert (await tenant.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"one_in": 1}})).status == 200
    answer = await tenant.ask(client.request(**more))
    path = f"/api/v2/exchanges/{answer.headers['x-request-id']}"
    await eventually(lambda: tenant.call("GET", f"{path}/tape"), lambda found: found.status == 200)
    return path


async def flipped(tenant: Management, path: str, want: str = "token") -> Any:
    answer = await tenant.call("POST", f"{path}/flip", {"want": want})
    assert answer.status == 200, answer.text
    return answer.body


async def test_of_a_refusal_it_finds_all_that_must_be_different_and_no_more(tenant: Management) -> None:
    async with tenant.rule(RULE, language="javascript"):
        path = await asked(tenant, await tenant.a_client(metadata={"plan": "silver", "seats": "3", "more": "x"}))
        found = await flipped(tenant, path)
        again = await tenant.call("POST", f"{path}/replay", {"set": found["set"]})
    assert sorted(found["set"]) == ["client.metadata.plan=gold", "client.metadata.seats=20"]
    assert (found["found"], found["original"]["outcome"], found["flipped"]["outcome"]) == (
        True,
        "failed:exception",
        "granted",
    )
    assert again.body["replayed"]["outcome"] == "granted"
    assert {each["what"] for each in found["changed"]} == {"client.metadata.plan", "client.metadata.seats"}


async def test_of_a_token_it_finds_what_brings_a_claim_or_a_scope(tenant: Management) -> None:
    async with tenant.rule(RULE, language="javascript"), tenant.rule(ADDS, language="python"):
        path = await asked(tenant, await tenant.a_client(metadata={"plan": "gold", "seats": "30"}), scope="read")
        claim = await flipped(tenant, path, "claim:audit")
        scope = await flipped(tenant, path, "scope:admin")
        refused = await tenant.call("POST", f"{path}/flip")
    assert sorted(claim["set"]) == ["request.headers.x-mode=audit", "scope+=write"]
    assert claim["flipped"]["claims"] == {"audit": True}
    assert scope["set"] == ["request.body.as=admin"]
    assert (refused.status, refused.body["errorCode"]) == (409, "nothing_is_missing")


async def test_when_it_finds_nothing_it_says_what_it_tried(tenant: Management) -> None:
    async with tenant.rule(NEVER, language="python"):
        path = await asked(tenant, await tenant.a_client(metadata={"plan": "silver"}))
        found = await flipped(tenant, path)
    assert (found["found"], found["set"], found["flipped"]) == (False, [], None)
    assert found["tried"]["runs"] > 1
    assert "client.metadata.plan" in {each["what"] for each in found["tried"]["inputs"]}


async def test_what_a_fresh_host_does_not_do_again_is_no_change_that_was_found(tenant: Management) -> None:
    async with tenant.rule(KEEPS, language="javascript"):
        path = await asked(tenant, await tenant.a_client(metadata={"plan": "silver"}))
        found = await flipped(tenant, path)
    assert (found["found"], found["set"]) == (False, [])
    assert any("in a host that had run before, and not in a fresh one" in why for why in found["could_not_know"])


async def test_only_who_may_read_inputs_and_try_rules_may_search(tenant: Management) -> None:
    async with tenant.rule(NEVER, language="python"):
        path = await asked(tenant, await tenant.a_client())

        for scope in ("read:exchange_inputs", "update:rules"):
            refused = await tenant.call("POST", f"{path}/flip", {}, token=await token_with(tenant, scope))
            assert refused.status == 403, refused.text
        both = await token_with(tenant, "read:exchange_inputs", "update:rules")
        found = await tenant.call("POST", f"{path}/flip", {}, token=both)
        wrong = await tenant.call("POST", f"{path}/flip", {"want": "a token"})
    assert found.status == 200, found.text
    assert (wrong.status, wrong.body["field"]) == (400, "want")


async def token_with(tenant: Management, *scopes: str) -> str:
    """Return a token of the management API that has these *scopes* only."""
    limited = await tenant.create("clients", {"name": "limited"})
    asked = {"client_id": limited["client_id"], "audience": tenant.admin["audience"]}
    await tenant.create("client-grants", {**asked, "scope": list(scopes)})
    secret = {"client_secret": limited["client_secret"], "grant_type": "client_credentials"}
    return str((await tenant.ask({**asked, **secret})).body["access_token"])


def test_flips_of_generated_rules_are_found() -> None:
    few = [sys.executable, "-m", "bench.flips", "--rules", "10", "--seed", "5"]
    done = subprocess.run(few, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    assert "flips: 10 of 10 found" in done.stdout, done.stdout + done.stderr
