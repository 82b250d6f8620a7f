"""Each reason for which a claim or a scope is absent, by a real rule; and by which secret and key it was made."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from fixtures.management import ApiClient, Management
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

OF_AUTH0 = "module.exports = (client, scope, audience, context, cb) => cb(null, { scope, plan: 'gold' });"
FOREIGN = "export default () => ({ 'https://x.auth0.com/plan': 'gold' });"
RESERVED = "export default () => ({ roles: ['admin'] });"
ADDS = "export default ({ scope }) => ({ scope: [...scope, 'admin'] });"
ACTION = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.addScope('admin');
};
"""
BRANCH = """export default ({ client }) => {
  const claims = {};
  if (client.metadata.plan === 'gold') {
    claims.limit = 1000;
  }
  return claims;
};
"""
PYTHON_BRANCH = """def rule(client, scope, audience, context):
    claims = {}
    if client["metadata"].get("plan") == "gold":
        claims["limit"] = 1000
    return claims
"""
TEAM = "export default () => ({ team: 'night' });"
LOOPS = "export default () => { for (;;); };"
REFUSES = "export default () => { throw new AccessDenied('not today'); };"


async def explained(tenant: Management, client: ApiClient, **request: Any) -> tuple[Any, Any]:
    """The answer to a token request, and its explanation by its tape, if rules ran."""
    answer = await tenant.ask(client.request(**request))
    path = f"/api/v2/exchanges/{answer.headers['x-request-id']}"
    await eventually(lambda: tenant.call("GET", f"{path}/tape"), lambda found: found.status == 200)
    found = await eventually(lambda: tenant.call("GET", f"{path}/explanation"), lambda found: found.status == 200)
    return answer.body, found.body


def reason_of(explanation: Any, name: str) -> tuple[str, str, int | None]:
    """The reason for which that claim or scope is absent: its name, its words, and the line."""
    (absent,) = [each for each in explanation["absent"] if each["name"] == name]
    return absent["reason"], absent["why"], absent.get("line")


@pytest.mark.parametrize(
    ("script", "name", "words"),
    [
        pytest.param(RESERVED, "roles", "the name is reserved", id="a reserved name"),
        pytest.param(FOREIGN, "https://x.auth0.com/plan", "may not be named after", id="a name of somebody else"),
        pytest.param(OF_AUTH0, "plan", "must be named by an http or https URL", id="the contract of its form"),
        pytest.param(ADDS, "admin", "only scopes of the client grant", id="beyond the ceiling of the API"),
        pytest.param(ACTION, "admin", "only scopes of the client grant", id="beyond the grant, by an action"),
    ],
)
async def test_what_was_left_out_has_the_reason_of_the_contract(
    tenant: Management, script: str, name: str, words: str
) -> None:
    async with tenant.rule(script) as rule:
        _token, found = await explained(tenant, await tenant.a_client(enforce_grant_scopes=True))
    reason, why, _line = reason_of(found, name)
    assert (reason, words in why, rule["name"] in why) == ("left_out", True, True), why


async def test_what_is_beyond_the_lock_of_a_version_is_left_out_by_its_limit(tenant: Management) -> None:
    client = await tenant.a_client(metadata={"plan": "gold"})
    case = {
        "name": "silver",
        "audience": client.audience,
        "client": {"id": "c", "metadata": {"plan": "silver"}},
        "expect": {"claims": {}},
    }
    async with tenant.rule(BRANCH, cases=[case], locked=True, no_check=False):
        _token, found = await explained(tenant, client)
    reason, why, _line = reason_of(found, "limit")
    assert (reason, "the version is locked" in why) == ("left_out", True), why


@pytest.mark.parametrize(
    ("language", "script"), [("javascript", BRANCH), ("python", PYTHON_BRANCH)], ids=["javascript", "python"]
)
async def test_a_branch_that_was_not_taken_is_named_by_its_line(tenant: Management, language: str, script: str) -> None:
    async with tenant.rule(script, language=language):
        _token, found = await explained(tenant, await tenant.a_client(metadata={"plan": "silver"}))
    reason, why, line = reason_of(found, "limit")
    assert (reason, line) == ("branch_not_taken", 3)
    assert why.startswith("line 4 of ")


@pytest.mark.parametrize(
    ("fields", "reason", "words"),
    [
        ({"clients": ["nobody"]}, "not_bound", "it is not bound to this client"),
        ({"audiences": ["https://another.example/"]}, "not_bound", "it is not bound to this API"),
        ({"enabled": False}, "disabled", "it is disabled"),
    ],
    ids=["another client", "another API", "disabled"],
)
async def test_a_rule_that_was_no_part_of_the_flow_says_why(
    tenant: Management, fields: dict[str, Any], reason: str, words: str
) -> None:
    async with tenant.rule(BRANCH), tenant.rule(TEAM, **fields):
        _token, found = await explained(tenant, await tenant.a_client())
    assert reason_of(found, "team")[0] == reason
    assert words in reason_of(found, "team")[1]


async def test_the_first_reason_counts_if_several_rules_name_a_claim(tenant: Management) -> None:
    async with tenant.rule(BRANCH) as first, tenant.rule(BRANCH.replace("gold", "none"), clients=["nobody"]):
        _token, found = await explained(tenant, await tenant.a_client())
    reason, why, _line = reason_of(found, "limit")
    assert (reason, first["name"] in why) == ("branch_not_taken", True)


@pytest.mark.parametrize(
    ("script", "limits", "words"),
    [
        pytest.param(LOOPS, {"timeout_s": 0.3}, "0.3", id="a limit of time"),
        pytest.param("export default () => ({ a: 'x'.repeat(9000) });", {"result_bytes": 1024}, "1024", id="of size"),
        pytest.param(REFUSES, {}, "not today", id="a refusal"),
    ],
)
async def test_behind_a_limit_or_a_refusal_nothing_is_reached_and_the_reason_is_told(
    tenant: Management, script: str, limits: dict[str, Any], words: str
) -> None:
    async with tenant.rule(script, limits=limits) as rule, tenant.rule(TEAM):
        _refused, found = await explained(tenant, await tenant.a_client())
    assert words in found["why"].replace(",", ""), found["why"]
    assert reason_of(found, "team")[0] == "not_reached"
    assert found["signed"] is None
    (ended,) = [each for each in found["rules"] if each["rule"] == rule["name"]]
    assert ended["why"].startswith("it ended the request: ")


async def test_it_says_by_which_secret_the_client_proved_itself_and_which_key_signed(tenant: Management) -> None:
    client = await tenant.a_client()
    second = await tenant.create(f"clients/{client.client_id}/secrets", {"name": "deploy"})
    async with tenant.rule(TEAM):
        for secret, name in ((client.client_secret, "first"), (second["client_secret"], "deploy")):
            answer, found = await explained(tenant, client, client_secret=secret)
            header = jwt.get_unverified_header(answer["access_token"])
            claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
            assert found["signed"] == {"kid": header["kid"], "jti": claims["jti"], "exp": claims["exp"]}
            proof = found["authenticated"]
            assert (proof["client_id"], proof["secret_name"], proof["ip"]) == (client.client_id, name, "127.0.0.1")
