"""A token request leaves a tape, and its replay is the same; what was changed since is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import ApiClient, Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

ALL = {"tapes": {"failures": True, "one_in": 1}}
JAVASCRIPT = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.cache.set('seen', String(Math.random()));
  console.log('began', Date.now());
  await new Promise((go) => setTimeout(go, 5));
  const answer = await fetch('https://nowhere.example/limits').catch((error) => ({ status: error.message }));
  api.accessToken.setCustomClaim('plan', event.client.metadata.plan ?? 'none');
  api.accessToken.setCustomClaim('drawn', [Math.random(), crypto.randomUUID(), Date.now(), answer.status]);
};
"""
PYTHON = """
import random, secrets, time, urllib.request

def rule(client, scope, audience, context):
    print("began", time.time())
    try:
        status = urllib.request.urlopen("https://nowhere.example/limits").status
    except Exception as error:
        status = str(error)
    return {"scope": scope + ["more"], "drawn": [random.random(), secrets.token_hex(8), time.time(), status],
            "plan": client["metadata"].get("plan", "none"), "set": list({"a", "b", "c", "d", "e"})}
"""


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        assert (await opened.call("PATCH", "/api/v2/tenants/settings", ALL)).status == 200
        yield opened


async def taped(tenant: Management, client: ApiClient) -> str:
    """The id of a token request whose tape is kept."""
    answer = await tenant.ask(client.request())
    exchange = answer.headers["x-request-id"]
    await eventually(
        lambda: tenant.call("GET", f"/api/v2/exchanges/{exchange}/tape"), lambda found: found.status == 200
    )
    return exchange


async def replayed(tenant: Management, exchange: str, *changes: str) -> Any:
    answer = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/replay", {"set": list(changes)})
    assert answer.status == 200, answer.text
    return answer.body


@pytest.mark.parametrize(("language", "script"), [("javascript", JAVASCRIPT), ("python", PYTHON)])
async def test_a_replay_is_equal(tenant: Management, language: str, script: str) -> None:
    async with tenant.rule(script, language=language):
        client = await tenant.a_client(metadata={"plan": "silver"})
        exchange = await taped(tenant, client)
        print((await tenant.call("GET", f"/api/v2/exchanges/{exchange}/tape")).text)
        answer = await replayed(tenant, exchange)
        assert (answer["verdict"], answer.get("diverged"), answer["could_not_know"]) == ("equal", None, [])
        assert answer["replayed"] == answer["original"]
        changed = await replayed(tenant, exchange, "client.metadata.plan=gold")
        assert changed["verdict"] == "changed"
        assert {"what": "claims.plan", "before": "silver", "after": "gold"} in changed["differences"]
