"""The power of a version: what its cases and tapes show that it uses; and a lock, which makes that its limit."""

from __future__ import annotations

import secrets
from typing import Any

import jwt
import pytest

from fixtures.management import Management, read_exchange
from fixtures.tapes import taped
from fixtures.tenants import a_tenant

pytestmark = pytest.mark.timeout(120)

RULE = """
export default async ({ client, scope, context }) => {
  if (context.body.asks) await fetch(`https://${context.body.asks}/`).catch(() => {});
  const more = context.body.more ? { role: 'root', scope: [...scope, 'admin'] } : {};
  return { plan: 'gold', scope: [...scope, 'extra'], ...more };
};
"""
API = "https://api.example.com/"
CASES: list[dict[str, Any]] = [
    {"name": "gold", "expect": {"claims": {"plan": "gold"}}},
    {"name": "it asks", "body": {"asks": "one.invalid"}, "expect": {"claims_include": {"plan": "gold"}}},
    {"name": "it may not ask", "body": {"asks": "two.invalid"}, "expect": {"scope": ["extra"]}},
]
FIELDS: dict[str, Any] = {"cases": CASES, "allow_hosts": ["one.invalid"], "enabled": False, "no_check": False}


async def test_a_version_says_what_its_cases_used_and_a_deployment_what_is_more(management: Management) -> None:
    async with management.rule(RULE, **FIELDS) as rule:
        power = {"claims": ["plan"], "scopes": ["extra"], "hosts": ["one.invalid"], "audiences": [API]}
        assert (rule["power"], rule["locked"]) == (power, False)
        assert "more_power" not in rule
        path = f"/api/v2/rules/{rule['id']}"
        cases = [*CASES, {"name": "more", "body": {"more": 1}, "expect": {"claims_include": {"role": "root"}}}]
        more = (await management.call("PATCH", path, {"cases": cases})).body
        assert more["more_power"] == {"claims": ["role"], "scopes": ["admin"], "hosts": [], "audiences": []}
        diff = (await management.call("GET", f"{path}/diff?from=1&to=2")).body
        assert diff["changed"]["power"]["to"]["scopes"] == ["admin", "extra"]
        back = (await management.call("POST", f"{path}/versions/1/deploy")).body
        assert (back["power"], "more_power" in back) == (power, False)
        forth = (await management.call("POST", f"{path}/versions/2/deploy")).body
        assert forth["more_power"]["claims"] == ["role"]
        draft = (await management.call("PATCH", path, {"draft": True, "cases": CASES[:1]})).body["draft_version"]
        shown = (await management.call("GET", f"{path}/versions/{draft}")).body
        assert shown["power"] == {**power, "hosts": []}


async def test_a_locked_version_does_nothing_that_its_cases_did_not_show(management: Management) -> None:
    client = await management.a_client()
    cases = [{**each, "audience": client.audience} for each in CASES]
    fields = {**FIELDS, "cases": cases, "enabled": True, "locked": True, "clients": [client.client_id]}
    async with management.rule(RULE, **{**fields, "allow_hosts": ["one.invalid", "three.invalid"]}):
        answer = await management.ask(client.request(more="1", asks="three.invalid"))
        assert answer.status == 200, answer.text
        claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
        assert (claims["plan"], claims["scope"], "role" in claims) == ("gold", "read write", False)
        record = await read_exchange(management, answer.headers["x-request-id"])
        (report,) = record["rules"]
        assert [each["name"] for each in report["dropped"]] == ["role", "scope admin"]
        assert "three.invalid is not listed" in record["calls"][0]["error"]
        assert [line["level"] for line in record["lines"]] == ["warn", "warn"]
        within = await management.ask(client.request(asks="one.invalid"))
        claims = jwt.decode(within.body["access_token"], options={"verify_signature": False})
        assert claims["scope"] == "read write extra"


async def test_a_lock_needs_cases_and_even_forced_ones_are_run(management: Management) -> None:
    body = {"name": "never made", "script": RULE, "locked": True}
    refused = await management.call("POST", "/api/v2/rules", body)
    assert (refused.status, refused.body["field"]) == (400, "locked")
    red = [{"name": "red", "expect": {"claims": {"plan": "free"}}}]
    async with management.rule(RULE, **{**FIELDS, "cases": []}) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        assert rule["power"] is None
        forced = await management.call("PATCH", f"{path}?force=true", {"cases": red, "locked": True})
        assert (forced.status, forced.body["locked"], forced.body["power"]["claims"]) == (200, True, ["plan"])


async def test_a_locked_version_whose_cases_nobody_ran_never_goes_live(lone_gateway: Management) -> None:
    body = {"name": f"locked {secrets.token_hex(4)}", "script": RULE, "locked": True, "cases": CASES}
    made = await lone_gateway.call("POST", "/api/v2/rules?no_check=true", body)
    assert made.status == 201, made.text
    assert (made.body["version"], made.body["draft_version"]) == (0, 1)
    path = f"/api/v2/rules/{made.body['id']}"
    deployed = await lone_gateway.call("POST", f"{path}/versions/1/deploy?no_check=true")
    assert (deployed.status, "no_check" in deployed.body["message"]) == (503, False)
    again = await lone_gateway.call("PATCH", f"{path}?no_check=true", {"script": RULE})
    assert (again.body["version"], again.body["power"]) == (0, None)


async def test_a_version_whose_power_is_not_known_gets_it_when_it_is_deployed(management: Management) -> None:
    async with management.rule(RULE, **FIELDS) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        unchecked = await management.call("PATCH", f"{path}?no_check=true", {"cases": CASES[:1]})
        assert (unchecked.body["version"], unchecked.body["power"]) == (2, None)
        assert (await management.call("POST", f"{path}/versions/1/deploy")).status == 200
        deployed = (await management.call("POST", f"{path}/versions/2/deploy")).body
        assert (deployed["version"], deployed["power"]["claims"]) == (2, ["plan"])
        assert (await management.call("GET", f"{path}/versions/2")).body["power"] == deployed["power"]


SEES = """
export default async ({ client, scope, context }) => {
  await fetch('https://one.invalid/').catch(() => {});
  await fetch('https://two.invalid/').catch(() => {});
  return { plan: 'gold', scope: [...scope, 'extra'] };
};
"""


async def test_a_version_says_what_it_used_on_its_tapes_to_those_who_may_read_them(management: Management) -> None:
    async with (
        a_tenant(management) as tenant,
        tenant.rule(SEES, allow_hosts=["one.invalid"]) as rule,
        tenant.rule("export default () => ({ other: 1 });", order=2),
    ):
        path = f"/api/v2/rules/{rule['id']}/versions/1"
        assert (await tenant.call("GET", path)).body["seen_power"]["tapes"] == 0
        client = await tenant.a_client()
        await tenant.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"one_in": 1}})
        await taped(tenant, client)
        shown = (await tenant.call("GET", path)).body
        hidden = await tenant.call("GET", path, token=await token_with(tenant, "read:rules"))
    used = {"claims": ["plan"], "scopes": ["extra"], "hosts": ["one.invalid"], "audiences": [client.audience]}
    assert (shown["power"], shown["seen_power"]) == (None, {"power": used, "tapes": 1})
    assert (hidden.status, "seen_power" in hidden.body) == (200, False)


async def test_a_deployment_compares_with_what_the_version_before_used_on_its_tapes(management: Management) -> None:
    async with a_tenant(management) as tenant, tenant.rule(SEES, allow_hosts=["one.invalid"]) as rule:
        client = await tenant.a_client()
        await tenant.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"one_in": 1}})
        await taped(tenant, client)
        cases = [{"name": "gold", "audience": client.audience, "expect": {"claims_include": {"role": "root"}}}]
        script = SEES.replace("plan: 'gold'", "plan: 'gold', role: 'root'")
        changed = await tenant.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": script, "cases": cases})
    assert changed.status == 200, changed.text
    assert changed.body["more_power"] == {"claims": ["role"], "scopes": [], "hosts": [], "audiences": []}


async def token_with(tenant: Management, scope: str) -> str:
    """Return a token of the management API that has this *scope* only."""
    limited = await tenant.create("clients", {"name": scope})
    asked = {"client_id": limited["client_id"], "audience": tenant.admin["audience"]}
    await tenant.create("client-grants", {**asked, "scope": [scope]})
    secret = {"client_secret": limited["client_secret"], "grant_type": "client_credentials"}
    return str((await tenant.ask({**asked, **secret})).body["access_token"])
