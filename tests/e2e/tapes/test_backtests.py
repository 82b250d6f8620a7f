"""A draft is tried on recorded token requests before it is deployed."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.management import Management
from fixtures.tapes import taped
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

RUNNING = """
module.exports = async (client, scope, audience, context) => {
  console.log('runs');
  if (client.metadata.plan === 'none') throw new Error('no plan');
  await fetch('https://nowhere.example/limits').catch(() => null);
  const of = 'https://x.example/';
  return { scope, [`${of}plan`]: client.metadata.plan, [`${of}drawn`]: crypto.randomUUID() };
};
"""
DRAFT = """
module.exports = async (client, scope, audience, context) => {
  if (client.metadata.plan === 'silver') throw new AccessDenied('silver is over');
  if (client.metadata.plan === 'none') return { scope };
  if (client.metadata.plan === 'asks') await fetch('https://other.example/');
  await fetch('https://nowhere.example/limits').catch(() => null);
  const plan = client.metadata.plan === 'gold' ? 'GOLD' : client.metadata.plan;
  const of = 'https://x.example/';
  return { scope, [`${of}plan`]: plan, [`${of}drawn`]: crypto.randomUUID() };
};
"""
PYTHON = """
def rule(client, scope, audience, context):
    return {"scope": scope, "plan": client["metadata"]["plan"]}
"""

SALTED = """
const { randomInt, randomBytes } = require('node:crypto');
const salt = [crypto.randomUUID(), Math.random(), randomInt(1e9), randomBytes(5).toString('hex'), Date.now()];
module.exports = (client, scope, audience, context, cb) => cb(null, { 'https://rules.example/salt': salt });
"""
SALTED_PYTHON = """
import os, random, secrets, time, uuid
SALT = [secrets.token_hex(8), str(uuid.uuid4()), random.random(), os.urandom(3).hex(), time.time(), *{"a", "b", "c"}]
def rule(client, scope, audience, context):
    return {"salt": SALT}
"""


async def backtested(tenant: Management, rule_id: str, **body: Any) -> Any:
    answer = await tenant.call("POST", "/api/v2/rules/backtest", {"rule_id": rule_id, **body})
    assert answer.status == 200, answer.text
    return answer.body


async def recorded(tenant: Management) -> int:
    return len((await tenant.call("GET", "/api/v2/exchanges")).body["exchanges"])


async def test_a_backtest_says_for_which_clients_a_draft_changes_what(tenant: Management) -> None:
    async with tenant.rule(RUNNING) as rule:
        clients = {plan: await tenant.a_client(metadata={"plan": plan}) for plan in ("gold", "silver", "asks", "none")}
        exchanges = {plan: await taped(tenant, client) for plan, client in clients.items()}
        everything = 5  # these four, and that of the administrator
        await eventually(lambda: recorded(tenant), lambda count: count == everything)
        found = await backtested(tenant, rule["id"], script=DRAFT)
        coverage = found["coverage"]
        assert (coverage["tapes"], coverage["replayed"], coverage["unknown"], coverage["cut"]) == (4, 3, 1, 0)
        assert "other.example" in coverage["reasons"][0]
        assert (found["unchanged"], found["noisy"]) == (0, 2)  # each draws a new id
        groups = {group["kind"]: group for group in found["groups"] if group["kind"] != "slower"}
        assert {kind: group["client_id"] for kind, group in groups.items()} == {
            "newly_denied": clients["silver"].client_id,
            "newly_granted": clients["none"].client_id,
            "claim_changed": clients["gold"].client_id,
        }
        assert groups["claim_changed"]["examples"] == [
            {
                "exchange_id": exchanges["gold"],
                "changes": [{"what": "claims.https://x.example/plan", "before": "gold", "after": "GOLD"}],
            }
        ]
        # The running version against itself: nothing of what it draws anew counts.
        same = await backtested(tenant, rule["id"], script=RUNNING)
        assert {group["kind"] for group in same["groups"]} <= {"slower"}
        assert same["coverage"]["replayed"] == 4
        # Nothing was written, asked or recorded.
        assert await recorded(tenant) == everything


@pytest.mark.parametrize(
    ("language", "script", "more"),
    [
        pytest.param("javascript", SALTED, "crypto.randomUUID();", id="javascript"),
        pytest.param("python", SALTED_PYTHON, "uuid.uuid4()", id="python"),
    ],
)
async def test_a_module_of_a_backtest_draws_as_it_drew_and_one_that_draws_more_is_unknown(
    tenant: Management, language: str, script: str, more: str
) -> None:
    async with tenant.rule(script, language=language) as rule:
        client = await tenant.a_client()
        for _ in range(2):
            await taped(tenant, client)
        same = await backtested(tenant, rule["id"], script=f"{script}\n")
        kinds = {group["kind"] for group in same["groups"]} - {"slower"}
        assert (same["coverage"]["replayed"], same["noisy"], kinds) == (2, 0, set())
        other = await backtested(tenant, rule["id"], script=f"{script}\n{more}\n")
        assert (other["coverage"]["replayed"], other["coverage"]["unknown"]) == (0, 2)
        assert "draws random bytes that the tape does not have" in other["coverage"]["reasons"][0]


async def test_a_backtest_goes_on_where_a_call_ended(tenant: Management) -> None:
    async with tenant.rule(PYTHON, language="python") as rule:
        client = await tenant.a_client(metadata={"plan": "gold"})
        exchanges = [await taped(tenant, client) for _ in range(3)]
        draft = PYTHON.replace('"plan":', '"was":')
        first = await backtested(tenant, rule["id"], script=draft, take=2)
        assert first["groups"][0]["count"] == 2
        assert first["next"] == exchanges[1]
        second = await backtested(tenant, rule["id"], script=draft, before=first["next"])
        assert (second["groups"][0]["count"], "next" in second) == (1, False)
        assert second["groups"][0]["examples"][0]["exchange_id"] == exchanges[0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "script"),
        ({"version": 99}, None),
        ({"script": PYTHON, "version": 1}, "version"),
        ({"script": PYTHON, "before": "yesterday"}, "before"),
        ({"script": PYTHON, "take": 0}, "take"),
    ],
)
async def test_a_backtest_of_nothing_says_what_to_send(
    tenant: Management, body: dict[str, Any], field: str | None
) -> None:
    async with tenant.rule(PYTHON, language="python") as rule:
        answer = await tenant.call("POST", "/api/v2/rules/backtest", {"rule_id": rule["id"], **body})
    assert 400 <= answer.status < 500
    assert answer.body.get("field") == field, answer.text


async def test_a_backtest_takes_the_scope_of_inputs_and_that_of_trials(tenant: Management) -> None:
    admin = tenant.admin
    for scope in ("read:exchange_inputs", "update:rules"):
        limited = await tenant.create("clients", {"name": scope})
        asked = {"client_id": limited["client_id"], "audience": admin["audience"]}
        await tenant.create("client-grants", {**asked, "scope": [scope]})
        secret = {"client_secret": limited["client_secret"], "grant_type": "client_credentials"}
        token = (await tenant.ask({**asked, **secret})).body["access_token"]
        refused = await tenant.call("POST", "/api/v2/rules/backtest", {"rule_id": "rul_x", "script": ""}, token=token)
        assert refused.status == 403, refused.text
