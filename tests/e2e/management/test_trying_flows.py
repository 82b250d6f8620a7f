"""``POST /api/v2/rules/try`` with ``flow``: all rules of a client and an API, one of them perhaps as a draft."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from fixtures.management import Answer, ApiClient, Management
from fixtures.tenants import a_tenant
from fixtures.watching import watching

pytestmark = pytest.mark.timeout(120)

FIRST = """module.exports = function (client, scope, audience, context, cb) {
  console.log('first for', client.id);
  cb(null, { scope: scope.concat('extra'), 'https://x/n': 1, 'https://x/same': 'same' });
};"""
SECOND = """def rule(client, scope, audience, context):
    print("second has", context["claims"])
    return {"scope": [name for name in scope if name != "write"], "https://x/n": 2, "https://x/same": "same", "iss": 1,
            "length": len(context["webtask"]["secrets"].get("KEY", ""))}
"""
THIRD = "export default ({ scope }: { scope: string[] }) => ({ third: scope.length });"


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        yield opened


async def a_flow(tenant: Management) -> dict[str, str]:
    """Three rules in three languages; name → id."""
    ids = {}
    for name, language, script in (
        ("first", "javascript", FIRST),
        ("second", "python", SECOND),
        ("third", "typescript", THIRD),
    ):
        body = {"name": name, "language": language, "script": script}
        made = await tenant.call("POST", "/api/v2/rules", body)
        assert made.status == 201, made.text
        ids[name] = made.body["id"]
    await tenant.call("POST", f"/api/v2/rules/{ids['second']}/secrets", {"KEY": "hunter22"})
    return ids


async def send(tenant: Management, client: Any, **fields: Any) -> Answer:
    return await tenant.call("POST", "/api/v2/rules/try", {"flow": True, "client": client, **fields})


async def tried(tenant: Management, client: ApiClient | dict[str, Any], **fields: Any) -> Any:
    answer = await send(tenant, client if isinstance(client, dict) else client.client_id, **fields)
    assert answer.status == 200, answer.text
    return answer.body


async def test_a_flow_ends_as_the_token_request_of_its_client_does(tenant: Management) -> None:
    await a_flow(tenant)
    client = await tenant.a_client(scope=("read", "write"))
    answer = await tried(tenant, client)
    token = await tenant.ask(client.request())
    claims = jwt.decode(token.body["access_token"], options={"verify_signature": False})
    assert (answer["outcome"], " ".join(answer["scope"])) == ("granted", token.body["scope"])
    assert answer["claims"] == {name: claims[name] for name in ("https://x/n", "https://x/same", "length", "third")}
    assert (answer["claims"]["length"], answer["claims"]["third"]) == (8, 2)


async def test_each_rule_says_what_it_did(tenant: Management) -> None:
    await a_flow(tenant)
    client = await tenant.a_client(scope=("read", "write"))
    first, second, third = (await tried(tenant, client))["flow"]
    assert [rule["rule"] for rule in (first, second, third)] == ["first", "second", "third"]
    assert [rule["language"] for rule in (first, second, third)] == ["javascript", "python", "typescript"]
    assert {rule["outcome"] for rule in (first, second, third)} == {"granted"}
    assert (first["version"], first["scope_added"], first["scope_removed"]) == (1, ["extra"], [])
    assert first["claims_added"] == {"https://x/n": 1, "https://x/same": "same"}
    assert (second["scope_added"], second["scope_removed"]) == ([], ["write"])
    assert second["claims_added"] == {"length": 8}
    assert second["claims_changed"] == {"https://x/n": {"before": 1, "after": 2}}
    assert [each["name"] for each in second["dropped"]] == ["iss"]
    assert [line["message"] for line in first["lines"]] == [f"first for {client.client_id}"]
    assert second["lines"][0]["message"] == "second has {'https://x/n': 1, 'https://x/same': 'same'}"
    assert (third["claims_added"], third["lines"], third["dropped"]) == ({"third": 2}, [], [])


async def test_a_draft_takes_the_place_of_its_rule_and_keeps_what_it_does_not_give(tenant: Management) -> None:
    ids = await a_flow(tenant)
    client = await tenant.a_client(scope=("read", "write"))
    script = "export default ({ context }) => ({ draft: context.webtask.secrets.KEY.length, seen: context.claims });"
    for draft in ({"name": "second"}, {"rule_id": ids["second"]}):
        answer = await tried(tenant, client, script=script, language="javascript", **draft)
        assert [(rule["rule"], rule["version"]) for rule in answer["flow"]] == [
            ("first", 1),
            ("second", None),
            ("third", 1),
        ]
        assert answer["flow"][1]["language"] == "javascript"
        assert answer["claims"]["draft"] == 8
        assert answer["claims"]["seen"] == {"https://x/n": 1, "https://x/same": "same"}
        assert answer["claims"]["third"] == 3
    stored = await tenant.call("GET", f"/api/v2/rules/{ids['second']}")
    assert (stored.body["script"], stored.body["version"]) == (SECOND, 1)


async def test_a_draft_that_is_no_rule_yet_comes_last(tenant: Management) -> None:
    await a_flow(tenant)
    answer = await tried(
        tenant, {"id": "acme"}, script="export default ({ context }) => ({ seen: context.claims.third })"
    )
    assert [(rule["rule"], rule["rule_id"] is None) for rule in answer["flow"]][-1] == ("rule", True)
    assert answer["claims"]["seen"] == answer["claims"]["third"]


async def test_a_script_without_a_name_has_its_own_lines_next_to_a_rule_that_is_called_rule(tenant: Management) -> None:
    stored = {"name": "rule", "script": "export default () => { console.log('of the stored one'); }"}
    assert (await tenant.call("POST", "/api/v2/rules", stored)).status == 201
    flow = (await tried(tenant, {"id": "acme"}, script="export default () => { console.log('of the draft'); }"))["flow"]
    assert [[line["message"] for line in rule["lines"]] for rule in flow] == [["of the stored one"], ["of the draft"]]


async def test_a_stored_version_may_be_tried_in_the_flow(tenant: Management) -> None:
    ids = await a_flow(tenant)
    changed = {"script": FIRST.replace("'extra'", "'more'")}
    await tenant.call("PATCH", f"/api/v2/rules/{ids['first']}", changed)
    assert (await tried(tenant, {"id": "acme"}))["flow"][0]["scope_added"] == ["more"]
    before = await tried(tenant, {"id": "acme"}, rule_id=ids["first"], version=1)
    assert (before["flow"][0]["version"], before["flow"][0]["scope_added"]) == (1, ["extra"])


async def test_a_refusal_ends_the_flow_and_later_rules_do_not_run(tenant: Management) -> None:
    await a_flow(tenant)
    script = "module.exports = (c, s, a, x, cb) => cb(new InvalidScopeError('not today'));"
    answer = await tried(tenant, {"id": "acme"}, script=script, language="javascript", name="second")
    assert [rule["outcome"] for rule in answer["flow"]] == ["granted", "denied", "not_run"]
    assert (answer["outcome"], answer["error"]["code"], answer["error"]["message"]) == (
        "denied",
        "invalid_scope",
        "not today",
    )
    assert (answer["scope"], answer["claims"]) == ([], {})


async def test_a_failure_names_the_rule_the_line_and_its_log(tenant: Management) -> None:
    await a_flow(tenant)
    script = "def rule(client, scope, audience, context):\n    print('so far')\n    return 1 / 0\n"
    answer = await tried(tenant, {"id": "acme"}, script=script, language="python", name="second")
    failed = answer["flow"][1]
    assert (failed["outcome"], failed["lines"][0]["message"]) == ("failed:exception", "so far")
    assert (answer["error"]["file"], answer["error"]["line"]) == ("second.py", 3)


async def test_rules_for_other_clients_do_not_run_and_a_draft_that_would_not_says_so(tenant: Management) -> None:
    ids = await a_flow(tenant)
    await tenant.call("PATCH", f"/api/v2/rules/{ids['first']}", {"clients": ["somebody-else"]})
    await tenant.call("PATCH", f"/api/v2/rules/{ids['third']}", {"enabled": False})
    assert [rule["rule"] for rule in (await tried(tenant, {"id": "acme"}))["flow"]] == ["second"]
    first = await tried(tenant, {"id": "acme"}, rule_id=ids["first"])
    assert [rule["rule"] for rule in first["flow"]] == ["first", "second"]
    assert first["remarks"] == ["a token request would not run the rule first: it is for other clients or APIs"]
    third = await tried(tenant, {"id": "acme"}, rule_id=ids["third"])
    assert [rule["rule"] for rule in third["flow"]] == ["second", "third"]
    assert third["remarks"] == ["a token request would not run the rule third: it is disabled"]


async def test_what_a_token_request_would_be_refused_for_is_a_remark(tenant: Management) -> None:
    client = await tenant.a_client(scope=("read",))
    alone = await tried(tenant, client)
    assert (alone["outcome"], alone["scope"], alone["flow"], alone["remarks"]) == ("granted", ["read"], [], [])
    for fields, said in (
        ({"scope": ["read", "write"]}, "the client grant does not hold write"),
        ({"audience": "https://nowhere/"}, "there is no API https://nowhere/"),
    ):
        assert (await tried(tenant, client, **fields))["remarks"] == [f"a token request would be refused: {said}"]


async def test_no_rule_runs_for_the_management_api(tenant: Management) -> None:
    await a_flow(tenant)
    apis = (await tenant.call("GET", "/api/v2/resource-servers")).body
    own = next(api["identifier"] for api in apis if api["is_system"])
    answer = await tried(tenant, {"id": "acme"}, audience=own)
    assert (answer["outcome"], answer["flow"]) == ("granted", [])
    assert answer["remarks"] == ["a token for the management API meets no rule"]


async def test_a_flow_leaves_nothing_behind(tenant: Management) -> None:
    """No record, no line for watchers, no state, and no process that the rules themselves have."""
    ids = await a_flow(tenant)
    counts = """let n = 0;
    module.exports = (client, scope, audience, context, cb) => {
      const { storage } = context.webtask;
      storage.get((error, data = 0) =>
        storage.set(data + 1, (error) => cb(error, { scope, 'https://x/kept': data, 'https://x/run': ++n })));
    };"""
    await tenant.call("PATCH", f"/api/v2/rules/{ids['first']}", {"script": counts})
    client = await tenant.a_client()
    real = (await tenant.ask(client.request())).body["access_token"]
    async with watching(tenant) as watch:
        for _ in range(2):
            answer = await tried(tenant, client)
            assert (answer["claims"]["https://x/kept"], answer["flow"][0]["claims_added"]["https://x/run"]) == (0, 1)
        later = await tenant.ask(client.request())
        records = await watch.until_ended(later.headers["x-request-id"])
    assert {record["invocation"] for record in records} == {later.headers["x-request-id"]}
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in (real, later.body["access_token"])]
    assert [each["https://x/kept"] for each in claims] == [0, 1]


async def test_flows_run_next_to_each_other(tenant: Management) -> None:
    await a_flow(tenant)
    answers = await asyncio.gather(*(tried(tenant, {"id": f"c{n}"}) for n in range(4)))
    assert [answer["flow"][0]["lines"][0]["message"] for answer in answers] == [f"first for c{n}" for n in range(4)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"secrets": {"A": "b"}}, "secrets", id="secrets of no rule"),
        pytest.param({"name": "x"}, "name", id="a name alone"),
        pytest.param({"version": 1}, "version", id="a version of no rule"),
        pytest.param({"script": "x", "rule_id": "rul_1", "version": 1}, "version", id="a version of a script"),
        pytest.param({"script": "x", "rule_id": "rul_1", "name": "x"}, "name", id="two names"),
    ],
)
async def test_parts_of_a_rule_without_a_rule_are_refused(
    tenant: Management, fields: dict[str, Any], field: str
) -> None:
    answer = await send(tenant, {"id": "acme"}, **fields)
    assert (answer.status, answer.body.get("field")) == (400, field), answer.text


async def test_a_rule_that_there_is_not_is_404(tenant: Management) -> None:
    answer = await send(tenant, {"id": "acme"}, rule_id="rul_1")
    assert (answer.status, answer.body["errorCode"]) == (404, "inexistent_rule")
