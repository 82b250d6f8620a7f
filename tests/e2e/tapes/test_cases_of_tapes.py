"""A token request that left a tape becomes a case: what comes again is expected, what does not is said, no secret."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from fixtures.management import Management
from fixtures.tapes import taped
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

JAVASCRIPT = """
export default ({ client, scope }) => {
  if (client.metadata.plan === 'none') throw new AccessDenied('no plan');
  if (client.metadata.plan === 'odd') throw new Error('odd');
  return { scope: scope.filter((each) => each !== 'write'), plan: client.metadata.plan, at: Date.now(),
           drawn: Math.random(), id: crypto.randomUUID() };
};
"""
PYTHON = """
import random, secrets, time

def rule(client, scope, audience, context):
    if client["metadata"]["plan"] == "none":
        raise AccessDenied("no plan")
    if client["metadata"]["plan"] == "odd":
        raise ValueError("odd")
    return {"scope": [each for each in scope if each != "write"], "plan": client["metadata"]["plan"],
            "at": time.time(), "drawn": random.random(), "id": secrets.token_hex(8)}
"""
LANGUAGES = pytest.mark.parametrize(("language", "script"), [("javascript", JAVASCRIPT), ("python", PYTHON)])


async def made_of(tenant: Management, exchange: str, **body: Any) -> Any:
    answer = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/case", body)
    assert answer.status == 200, answer.text
    return answer.body


async def holds(tenant: Management, rule_id: str, case: Any) -> None:
    """The case is green: a version with it goes live."""
    body = {"cases": [case], "message": secrets.token_hex(4)}
    answer = await tenant.call("PATCH", f"/api/v2/rules/{rule_id}", body)
    assert (answer.status, "warning" in answer.body) == (200, False), answer.text


@LANGUAGES
async def test_the_case_of_a_grant_expects_what_comes_again_and_says_what_does_not(
    tenant: Management, language: str, script: str
) -> None:
    async with tenant.rule(script, language=language) as rule:
        client = await tenant.a_client(metadata={"plan": "gold"}, name="Robot")
        exchange = await taped(tenant, client)
        made = await made_of(tenant, exchange)
        case = made["case"]
        assert case["expect"] == {"claims_include": {"plan": "gold"}, "scope": ["read"]}
        assert case["name"] == f"Robot is granted ({exchange[-8:]})"
        assert case["client"] == {"id": client.client_id, "name": "Robot", "metadata": {"plan": "gold"}}
        assert (made["rule"], made["rule_id"], made["version"]) == (rule["name"], rule["id"], 1)
        assert made["could_not_know"] == ["not expected, because they change or are masked: the claims at, drawn, id"]
        await holds(tenant, rule["id"], case)
        named = await made_of(tenant, exchange, name="gold reads", rule=rule["id"])
        assert named["case"] == {**case, "name": "gold reads"}


@LANGUAGES
@pytest.mark.parametrize(
    ("plan", "ending", "expected"),
    [
        ("none", "is refused", {"refused": {"error": "access_denied", "description": "no plan"}}),
        ("odd", "makes the rule fail", {"failed": {"reason": "exception"}}),
    ],
)
async def test_the_case_of_a_refusal_or_a_failure_expects_it(
    tenant: Management, language: str, script: str, plan: str, ending: str, expected: Any
) -> None:
    async with tenant.rule(script, language=language) as rule:
        made = await made_of(tenant, await taped(tenant, await tenant.a_client(metadata={"plan": plan})))
        case = made["case"]
        assert ending in case["name"]
        await holds(tenant, rule["id"], case)
        message = case["expect"].get("failed", {}).pop("message", "odd")
        assert "odd" in message
        assert rule["name"] not in message
        assert case["expect"] == expected


async def test_what_a_case_cannot_have_is_said(tenant: Management) -> None:
    script = """
export default async ({ context, client }) => {
  const status = await fetch('https://nowhere.example/x').catch((error) => error.message);
  return { length: context.webtask.secrets.KEY.length, status, found: context.claims };
};
"""
    async with (
        tenant.rule("export default () => ({ first: 1 });"),
        tenant.rule(script, rule_secrets={"KEY": "hunter22"}, allow_hosts=["nowhere.example"]) as second,
    ):
        exchange = await taped(tenant, await tenant.a_client())
        unnamed = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/case", {})
        assert (unnamed.status, unnamed.body["field"]) == (400, "rule"), unnamed.text
        assert second["name"] in unnamed.body["message"]
        made = await made_of(tenant, exchange, rule=second["name"])
        assert set(made["case"]["expect"]["claims_include"]) == {"length", "status", "found"}
        assert made["needs"] == {"allow_hosts": ["nowhere.example"]}
        assert made["could_not_know"] == [
            "not in the case: the claims of the rules before it, so the rule does not see them",
            "not in the case: the answers to its calls, because calls of a case are real",
            "not in the case: the rule's secrets. Give it some for tests, under `secrets` or with --secret",
        ]


async def test_no_secret_of_a_request_or_a_rule_is_in_its_case(tenant: Management) -> None:
    canaries = {
        each: f"canary-{each}-{secrets.token_hex(12)}" for each in ("metadata", "header", "query", "body", "rule")
    }
    script = """
export default ({ context, client }) => ({
  told: context.webtask.secrets.KEY, plan: client.metadata.plan, key: client.metadata.api_key ?? 'none',
  body: context.body, query: context.webtask.query,
});
"""
    async with tenant.rule(script, rule_secrets={"KEY": canaries["rule"]}):
        client = await tenant.a_client(metadata={"plan": "gold", "api_key": canaries["metadata"]})
        body = {**client.request(), "password": canaries["body"], "note": f"Bearer {canaries['body']}"}
        answer = await tenant.ask(
            body, headers={"X-Api-Key": canaries["header"]}, params={"access_token": canaries["query"]}
        )
        exchange = answer.headers["x-request-id"]
        path = f"/api/v2/exchanges/{exchange}"
        await eventually(lambda: tenant.call("GET", f"{path}/tape"), lambda found: found.status == 200)
        made = await made_of(tenant, exchange)
        text = json.dumps(made)
        assert [name for name, canary in canaries.items() if canary in text] == []
        assert client.client_secret not in text
        assert made["case"]["expect"]["claims_include"]["plan"] == "gold"
        assert "told" not in made["case"]["expect"]["claims_include"]
        assert any(each.startswith("masked on the tape") for each in made["could_not_know"])


async def test_without_a_tape_or_the_right_to_read_it_there_is_no_case(tenant: Management) -> None:
    async with tenant.rule("export default () => ({});"):
        client = await tenant.a_client()
        exchange = await taped(tenant, client)
        unknown = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/case", {"rule": "nobody"})
        assert (unknown.status, "No rule nobody ran" in unknown.body["message"]) == (400, True)
        refused = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/case", {}, token="no")
        assert refused.status == 401
        assert (await tenant.call("DELETE", f"/api/v2/exchanges/{exchange}/tape")).status == 204
        gone = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/case", {})
        assert (gone.status, gone.body["errorCode"]) == (404, "inexistent_tape")
        assert "PATCH /api/v2/tenants/settings" in gone.body["message"], "it says what to do"
