"""A shadow: a version runs behind live token requests. It changes nothing, and what it would have changed is logged."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from fixtures.management import Answer, Management, read_exchange
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

ALL: dict[str, Any] = {"kind": "shadow", "steps": [100]}
N = "https://x.example/n"
COUNTS = """
module.exports = (client, scope, audience, { webtask: { storage } }, cb) =>
  storage.get((error, n = 0) =>
    storage.set(n + 1, { force: 1 }, () => cb(null, { scope, 'https://x.example/n': n + 1 })));
"""
IN_PYTHON = """
def rule(client, scope, audience, context):
    storage = context["webtask"]["storage"]
    n = (storage.get() or 0) + 1
    storage.set(n)
    return {"https://x.example/n": n}
"""
IN_A_CACHE = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  const n = Number(api.cache.get('n')?.value ?? 0) + 1;
  api.cache.set('n', String(n));
  api.accessToken.setCustomClaim('https://x.example/n', n);
};
"""


async def shadowed(tenant: Management, rule: dict[str, Any], script: str, **fields: Any) -> None:
    """Have *script* run as a shadow of *rule*."""
    path = f"/api/v2/rules/{rule['id']}"
    saved = await tenant.call("PATCH", path, {"script": script, "draft": True, **fields}, params={"no_check": "true"})
    assert saved.status == 200, saved.text
    started = await tenant.call("POST", f"{path}/rollout", ALL, params={"no_check": "true"})
    assert (started.status, started.body["kind"]) == (201, "shadow"), started.text


def claims_of(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.text
    claims: dict[str, Any] = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return claims


async def diffs_of(tenant: Management) -> list[dict[str, Any]]:
    """The records of type ``diff`` in the log's history."""
    answer = await tenant.call("GET", "/logs?type=diff&tail=100&follow=false")
    return [json.loads(line) for line in answer.text.splitlines() if line]


async def runs_of(tenant: Management, rule: dict[str, Any]) -> dict[str, int]:
    runs: dict[str, int] = (await tenant.call("GET", f"/api/v2/rules/{rule['id']}/rollout")).body["shadow"]
    return runs


async def one_run(tenant: Management, rule: dict[str, Any]) -> dict[str, int]:
    return await eventually(lambda: runs_of(tenant, rule), lambda runs: sum(runs.values()) == 1)


async def test_a_shadow_decides_nothing_and_its_differences_are_in_the_log(management: Management) -> None:
    async with (
        a_tenant(management) as tenant,
        tenant.rule("export default ({ scope }) => ({ plan: 'old', api_key: 'one' });") as rule,
    ):
        await shadowed(
            tenant, rule, "export default ({ scope }) => ({ plan: 'new', api_key: 'two', scope: ['read'] });"
        )
        client = await tenant.a_client()
        answer = await tenant.ask(client.request())
        assert (claims_of(answer)["plan"], claims_of(answer)["scope"]) == ("old", "read write")
        (diff,) = await eventually(lambda: diffs_of(tenant))
        exchange = answer.headers["x-request-id"]
        assert (diff["invocation"], diff["client_id"], diff["level"]) == (exchange, client.client_id, "warn")
        assert (diff["rule"], diff["version"], diff["live_version"], diff["unknown"]) == (rule["name"], 2, 1, "")
        assert diff["changes"] == [
            {"what": "claims.api_key", "before": '"***"', "after": '"***"'},
            {"what": "claims.plan", "before": '"old"', "after": '"new"'},
            {"what": "scope", "before": '["read","write"]', "after": '["read"]'},
        ]
        assert await one_run(tenant, rule) == {"equal": 0, "different": 1, "unknown": 0, "dropped": 0}
        record = await read_exchange(tenant, exchange)
        assert [(each["version"], each["claims_set"]["plan"]) for each in record["rules"]] == [(1, "old")]


async def test_a_shadow_that_fails_or_refuses_costs_the_live_request_nothing(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule("export default () => ({ plan: 'old' });") as rule:
        await shadowed(tenant, rule, "export default () => { throw new Error('a typo'); };")
        client = await tenant.a_client()
        assert claims_of(await tenant.ask(client.request()))["plan"] == "old"
        (diff,) = await eventually(lambda: diffs_of(tenant))
        assert diff["message"] == 'outcome: "granted" → "failed:exception"'


@pytest.mark.parametrize(
    ("language", "script", "change"),
    [
        pytest.param("javascript", COUNTS, ("n + 1", "n + 10"), id="storage"),
        pytest.param("python", IN_PYTHON, ("+ 1", "+ 10"), id="storage in Python"),
        pytest.param("javascript", IN_A_CACHE, (") + 1", ") + 10"), id="cache"),
    ],
)
async def test_a_shadow_writes_nothing(
    management: Management, language: str, script: str, change: tuple[str, str]
) -> None:
    async with a_tenant(management) as tenant, tenant.rule(script, language=language) as rule:
        client = await tenant.a_client()
        assert claims_of(await tenant.ask(client.request()))[N] == 1
        await shadowed(tenant, rule, script.replace(*change))
        assert claims_of(await tenant.ask(client.request()))[N] == 2
        (diff,) = await eventually(lambda: diffs_of(tenant))
        assert diff["changes"] == [{"what": f"claims.{N}", "before": "2", "after": "11"}]
        assert (await tenant.call("DELETE", f"/api/v2/rules/{rule['id']}/rollout")).status == 204
        assert claims_of(await tenant.ask(client.request()))[N] == 3, "and not what the shadow wrote"


async def test_what_the_running_version_does_by_chance_is_no_difference(management: Management) -> None:
    script = "export default () => ({ plan: 'old', nonce: crypto.randomUUID() });"
    async with a_tenant(management) as tenant, tenant.rule(script) as rule:
        await shadowed(tenant, rule, f"// no change\n{script}")
        await tenant.ask((await tenant.a_client()).request())
        assert (await one_run(tenant, rule))["equal"] == 1
        assert await diffs_of(tenant) == []


async def test_a_call_that_the_live_request_did_not_make_is_refused_and_nobody_can_tell(
    management: Management,
) -> None:
    async with a_tenant(management) as tenant, tenant.rule("export default () => ({ plan: 'old' });") as rule:
        asks = "export default async () => ({ plan: (await fetch('https://api.invalid/plan')).status });"
        await shadowed(tenant, rule, asks, allow_hosts=["api.invalid"])
        answer = await tenant.ask((await tenant.a_client()).request())
        (diff,) = await eventually(lambda: diffs_of(tenant))
        assert "a call: GET api.invalid/plan: the tape has no answer to it" in diff["unknown"]
        assert (diff["changes"], diff["level"]) == ([], "info")
        assert (await one_run(tenant, rule))["unknown"] == 1
        assert (await read_exchange(tenant, answer.headers["x-request-id"]))["calls"] == []


async def test_live_requests_are_answered_while_a_shadow_takes_its_time(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule("export default () => ({ plan: 'old' });") as rule:
        waits = "export default async () => { await new Promise((done) => setTimeout(done, 4_500)); return {}; };"
        await shadowed(tenant, rule, waits)
        client = await tenant.a_client()
        for _ in range(10):
            assert claims_of(await tenant.ask(client.request()))["plan"] == "old"
        runs = await eventually(lambda: runs_of(tenant, rule), lambda runs: runs["dropped"] > 0)
        assert (runs["equal"], runs["different"], runs["unknown"]) == (0, 0, 0), "the first has not ended"


async def test_a_shadow_has_the_secrets_of_the_rule_and_sees_the_client_unmasked(management: Management) -> None:
    script = """
    export default ({ client, context }) => ({ n: (client.metadata.api_key + context.webtask.secrets.KEY).length });
    """
    async with a_tenant(management) as tenant, tenant.rule(script, rule_secrets={"KEY": "a long secret"}) as rule:
        await shadowed(tenant, rule, f"// no change\n{script}")
        client = await tenant.a_client(metadata={"api_key": "another long secret"})
        assert claims_of(await tenant.ask(client.request()))["n"] == len("another long secret" + "a long secret")
        assert (await one_run(tenant, rule))["equal"] == 1


async def test_the_rules_behind_see_what_the_shadow_says(management: Management) -> None:
    refuses = "export default ({ context }) => { if (context.claims.plan !== 'old') throw new AccessDenied('no'); };"
    async with (
        a_tenant(management) as tenant,
        tenant.rule("export default () => ({ plan: 'old' });") as rule,
        tenant.rule(refuses),
    ):
        await shadowed(tenant, rule, "export default () => ({ plan: 'new' });")
        assert claims_of(await tenant.ask((await tenant.a_client()).request()))["plan"] == "old"
        (diff,) = await eventually(lambda: diffs_of(tenant))
        assert diff["message"] == 'outcome: "granted" → "denied"'
