"""The calls behind `wt`, where the tool itself would not make them, or would not show the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.management import Management

METADATA = {
    "wt-compiler": "auth0-ext-compilers/client-credentials-exchange",
    "auth0-extension": "runtime",
    "auth0-extension-name": "credentials-exchange",
}
CODE = "module.exports = function (client, scope, audience, context, cb) { cb(null, { scope: scope }); };"
ACTION = "exports.onExecuteCredentialsExchange = async () => {};"
LOGS = "/api/logs/tenant/default"


def webtask(**changes: Any) -> dict[str, Any]:
    return {"ten": "default", "jtn": "a-webtask", "code": CODE, "meta": METADATA, "mb": 1, "dr": 1, "dd": 0, **changes}


async def test_every_call_needs_its_scope(management: Management) -> None:
    admin = {"client_id": management.admin["client_id"], "audience": management.admin["audience"]}
    secret = management.admin["client_secret"]
    narrow = {"grant_type": "client_credentials", **admin, "client_secret": secret, "scope": "read:clients"}
    token = (await management.ask(narrow)).body["access_token"]
    for method, path in (
        ("POST", "/api/tokens/issue"),
        ("GET", "/api/tokens/inspect"),
        ("GET", "/api/webtask/default"),
        ("GET", "/api/webtask/default/x"),
        ("PUT", "/api/webtask/default/x"),
        ("DELETE", "/api/webtask/default/x"),
        ("POST", "/api/env/node/modules"),
        ("POST", "/api/run/default"),
        ("GET", LOGS),
    ):
        refused = await management.call(method, path, token=token)
        assert (refused.status, refused.body["errorCode"]) == (403, "insufficient_scope"), path


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": None}, "code"),
        ({"code": None, "url": "https://example.com/code.js"}, "code"),
        ({"code": ACTION}, "code"),
        ({"meta": {}}, "meta.wt-compiler"),
        ({"meta": {**METADATA, "color": "blue"}}, "meta.color"),
        ({"ectx": {"FOO": "_VALUE_NOT_SHOWN_"}}, "ectx"),
        ({"pctx": {"a": "b"}}, "pctx"),
        ({"exp": 1}, "exp"),
        ({"jtn": "a/b"}, "jtn"),
    ],
)
async def test_what_no_rule_can_be_is_refused_by_its_field(
    management: Management, changes: dict[str, Any], field: str
) -> None:
    refused = await management.call("POST", "/api/tokens/issue", webtask(**changes))
    assert (refused.status, refused.body["field"]) == (400, field)
    assert (await management.call("GET", "/api/v2/rules")).body == []


async def test_a_name_that_another_kind_of_rule_has_is_taken(management: Management) -> None:
    async with management.rule(ACTION, name="taken"):
        refused = await management.call("POST", "/api/tokens/issue", webtask(jtn="taken"))
        assert refused.status == 409
        assert (await management.call("GET", "/api/webtask/default")).body == []
        assert (await management.call("DELETE", "/api/webtask/default/taken")).status == 404


async def test_put_makes_a_webtask_and_changes_it(management: Management) -> None:
    path, body = "/api/webtask/default/put", {"code": CODE, "meta": METADATA, "secrets": {"FOO": "bar"}}
    made = (await management.call("PUT", path, body)).body
    assert (made["container"], made["name"]) == ("default", "put")
    changed = await management.call("PUT", path, {**body, "meta": {**METADATA, "auth0-extension-disabled": "1"}})
    assert changed.body["meta"]["auth0-extension-disabled"] == "1"
    assert [rule["version"] for rule in (await management.call("GET", "/api/v2/rules")).body] == [1]
    refused = await management.call("PUT", "/api/webtask/default/a%2Fb", body)
    assert (refused.status, refused.body["field"]) == (400, "name")
    assert (await management.call("DELETE", path)).status == 204


async def test_lists_come_in_pages(management: Management) -> None:
    for name in ("one", "two"):
        assert (await management.call("POST", "/api/tokens/issue", webtask(jtn=name))).status == 200
    pages = [(await management.call("GET", f"/api/webtask/default?limit=1&offset={at}")).body for at in range(3)]
    assert [[found["name"] for found in page] for page in pages] == [["one"], ["two"], []]
    assert (await management.call("GET", "/api/webtask/default?limit=0")).status == 400
    for name in ("one", "two"):
        assert (await management.call("DELETE", f"/api/webtask/default/{name}")).status == 204


async def test_logs_are_bunyan_records_whose_text_cannot_work_a_terminal(management: Management) -> None:
    client = await management.a_client()
    script = CODE.replace("{ cb", "{ console.error('\\u001b[31mred'); cb")
    async with management.rule(script):
        url = f"{management.url}{LOGS}?key={management.token}"
        async with management.session.get(url) as response:
            assert response.content_type == "application/x-ndjson"
            assert (await management.ask(client.request())).status == 200
            records = [json.loads(await response.content.readline()) for _ in range(3)]
    assert [record["level"] for record in records] == [30, 50, 30]
    assert records[1]["msg"] == "\\x1b[31mred"
    assert records[0]["msg"] == f"new webtask request {records[0]['req_id']}"


async def test_logs_without_a_usable_token_are_401_or_one_event_that_says_so(management: Management) -> None:
    for headers, status in (({}, 401), ({"Accept": "text/event-stream"}, 200)):
        refused = await management.call("GET", f"{LOGS}?key=wrong", token="wrong", headers=headers)
        assert (refused.status, "Invalid token" in refused.text) == (status, True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v2/users/auth0%7C1", "Rulemint has no users"),
        ("/api/v2/connections", "docs/migrating-from-auth0.md"),
        ("/userinfo", "Nobody logs in here"),
        ("/passwordless/start", "docs/migrating-from-auth0.md"),
        ("/api/cron/default", "docs/webtask-cli.md"),
        ("/api/v2/nothing-like-it", "/docs/api lists all"),
    ],
)
async def test_an_unknown_path_of_auth0_s_names_the_page_that_says_why(
    management: Management, path: str, said: str
) -> None:
    refused = await management.call("GET", path)
    assert (refused.status, said in refused.body["message"]) == (404, True), refused.text


async def test_the_version_of_node_is_what_rules_see_and_no_other_code_runs(management: Management) -> None:
    asks = "module.exports = cb => cb(null, { version: process.version.replace(/^v/,'') });"
    answer = await management.call("POST", "/api/run/default", data=asks)
    assert answer.status == 200, answer.text
    client = {"id": "a", "name": "A"}
    rule = {"script": "export default () => ({ v: process.version });", "client": client, "audience": "a"}
    tried = await management.call("POST", "/api/v2/rules/try", rule)
    assert tried.status == 200, tried.text
    assert tried.body["claims"]["v"] == f"v{answer.body['version']}", tried.text
    refused = await management.call("POST", "/api/run/default", data="module.exports = cb => cb(null, 1);")
    assert (refused.status, "rulemint try" in refused.body["message"]) == (400, True)
    assert (await management.call("POST", "/api/run/other", data=asks)).status == 403


async def test_modules_that_nobody_can_name_are_refused_by_their_field(management: Management) -> None:
    path = "/api/env/node/modules"
    assert (await management.call("POST", path, {"modules": []})).body == []
    refused = await management.call("POST", path, {"modules": [{"name": "x"}]})
    assert (refused.status, refused.body["field"]) == (400, "modules[0].version")
