"""Nothing broken goes live: each version is loaded before it is stored, and the one before it goes on."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from fixtures.management import Answer, Management

JS, PY, TS = "javascript", "python", "typescript"
GRANTS = {
    JS: "module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://x/n': 1 });",
    TS: "export default (): object => ({ n: 1 });",
    PY: "def rule(client, scope, audience, context):\n    return {'n': 1}",
}
METADATA = {
    "wt-compiler": "auth0-ext-compilers/client-credentials-exchange",
    "auth0-extension": "runtime",
    "auth0-extension-name": "credentials-exchange",
}
TRIGGERS = [{"id": "credentials-exchange", "version": "v2"}]
BROKEN = [
    pytest.param(JS, "module.exports = (client,\n  scope => {", "syntax", None, id="javascript that does not parse"),
    pytest.param(PY, "x = 1\ndef rule(client:", "syntax", 2, id="python that does not parse"),
    pytest.param(TS, "export default (): object => ({ n: };", "syntax", 1, id="typescript that does not parse"),
    pytest.param(JS, "\nconst a = require('not-named');\nmodule.exports = () => ({});", "exception", 2,
                 id="javascript without its package"),
    pytest.param(PY, "\nimport not_named\ndef rule(*a): return {}", "exception", 2, id="python without its package"),
    pytest.param(JS, "\n\nthrow new Error('at load');", "exception", 3, id="javascript that throws"),
    pytest.param(PY, "\n\nraise KeyError('at load')", "exception", 3, id="python that raises"),
    pytest.param(JS, "const a = 1;", "syntax", None, id="javascript without a function"),
    pytest.param(PY, "a = 1", "syntax", None, id="python without a function"),
]  # fmt: skip


def a_rule(script: str, language: str) -> dict[str, Any]:
    return {"name": f"rule {secrets.token_hex(4)}", "script": script, "language": language}


def assert_does_not_load(answer: Answer, *, field: str = "script") -> dict[str, Any]:
    assert answer.status == 400, answer.text
    body: dict[str, Any] = answer.body
    assert (body["errorCode"], body["field"]) == ("does_not_load", field)
    assert "/" not in body["message"].replace("://", ""), "a path of the host"
    return body


@pytest.mark.parametrize(("language", "script", "reason", "line"), BROKEN)
async def test_a_version_that_does_not_load_is_refused_with_its_place(
    management: Management, language: str, script: str, reason: str, line: int | None
) -> None:
    refused = assert_does_not_load(await management.call("POST", "/api/v2/rules", a_rule(script, language)))
    assert (refused["reason"], refused["file"].rpartition(".")[0][:4]) == (reason, "rule")
    if line is not None:
        assert refused["line"] == line
        assert refused["column"] >= 1
        assert f":{line}:{refused['column']}: " in refused["message"]
    assert await management.every("rules") == []


OF_OTHERS = [
    pytest.param(
        "function (user, context, callback) { callback(null, user, context); }", "login pipeline", id="a rule"
    ),
    pytest.param("module.exports = (user, context, cb) => cb();", "login pipeline", id="a hook of a user"),
    pytest.param("exports.onExecutePostLogin = async (event, api) => {};", "onExecutePostLogin", id="an action"),
    pytest.param("exports.onExecutePreUserRegistration = async () => {};", "onExecutePreUser", id="of registration"),
    pytest.param("function login(email, password, callback) { callback(null); }", "custom database", id="a script"),
]


@pytest.mark.parametrize(("script", "said"), OF_OTHERS)
async def test_code_of_another_trigger_is_told_what_it_is_when_it_is_saved(
    management: Management, script: str, said: str
) -> None:
    refused = assert_does_not_load(await management.call("POST", "/api/v2/rules", a_rule(script, JS)))
    assert said in refused["message"]
    assert "a token of a client has no user" in refused["message"]
    assert await management.every("rules") == []


async def test_a_broken_change_is_refused_and_the_version_before_it_goes_on(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(GRANTS[PY], language=PY) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        for change in ({"script": "def rule("}, {"script": "def rule(", "draft": True}, {"language": JS}):
            assert_does_not_load(await management.call("PATCH", path, change))
        assert (await management.call("GET", path)).body == {**rule, "pause": None}
        assert (await management.ask(client.request())).status == 200


async def test_a_rule_that_cannot_load_in_its_memory_is_refused_by_the_name_of_the_limit(
    management: Management,
) -> None:
    body = a_rule(f"kept = [bytes(1 << 20) for _ in range(2000)]\n{GRANTS[PY]}", PY)
    refused = assert_does_not_load(await management.call("POST", "/api/v2/rules", body))
    assert refused["reason"] == "out_of_memory"
    assert "memory_mb" in refused["message"]


async def test_the_function_of_a_version_does_not_run_when_it_is_made(management: Management) -> None:
    async with management.rule(
        "def rule(client, scope, audience, context):\n    while True: pass", language=PY
    ) as rule:
        assert (rule["version"], rule["enabled"]) == (1, True)
        assert "warning" not in rule


async def test_hooks_actions_and_webtasks_are_loaded_too(management: Management) -> None:
    broken = "\nmodule.exports = (client, {"
    hook = {"name": "a hook", "script": broken, "triggerId": "credentials-exchange"}
    action = {"name": "an action", "code": broken, "supported_triggers": TRIGGERS}
    webtask = {"ten": "default", "jtn": "a-webtask", "code": broken, "meta": METADATA}
    assert_does_not_load(await management.call("POST", "/api/v2/hooks", hook))
    assert_does_not_load(await management.call("POST", "/api/v2/actions/actions", action), field="code")
    assert_does_not_load(await management.call("POST", "/api/tokens/issue", webtask), field="code")
    assert await management.every("rules") == []


async def test_an_older_version_is_loaded_again_before_it_is_deployed(management: Management) -> None:
    async with management.rule(GRANTS[PY], language=PY) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        unchecked = await management.call("PATCH", f"{path}?no_check=true", {"script": "def rule("})
        assert (unchecked.status, unchecked.body["version"]) == (200, 2)
        assert (await management.call("POST", f"{path}/versions/1/deploy")).status == 200
        assert_does_not_load(await management.call("POST", f"{path}/versions/2/deploy"))
        deployed = await management.call("POST", f"{path}/versions/2/deploy?no_check=true")
        assert (deployed.status, deployed.body["version"]) == (200, 2)


async def test_a_call_with_no_check_is_in_the_tenant_s_log(management: Management) -> None:
    made = await management.call("POST", "/api/v2/rules?no_check=true", a_rule("def rule(", PY))
    assert (made.status, made.body["version"], made.body["enabled"]) == (201, 1, True)
    assert (await management.call("DELETE", f"/api/v2/rules/{made.body['id']}")).status == 204
    log = (await management.call("GET", "/api/v2/logs?per_page=20")).text
    assert "/api/v2/rules?no_check=true" in log
    unknown = await management.call("POST", "/api/v2/rules?no_check=1", a_rule(GRANTS[PY], PY))
    assert (unknown.status, unknown.body["field"]) == (400, "no_check")


async def test_without_a_runner_a_version_is_a_draft_with_a_warning_and_never_live(lone_gateway: Management) -> None:
    made = await lone_gateway.call("POST", "/api/v2/rules", a_rule(GRANTS[PY], PY))
    rule = made.body
    assert (made.status, rule["version"], rule["draft_version"], rule["enabled"]) == (201, 0, 1, False)
    assert "only a draft, and the rule is disabled" in rule["warning"]
    assert made.headers["rulemint-warning"] == rule["warning"]
    path = f"/api/v2/rules/{rule['id']}"
    read = await lone_gateway.call("GET", path)
    assert "warning" not in read.body
    assert read.headers["etag"] == made.headers["etag"]
    assert (await lone_gateway.call("POST", f"{path}/versions/1/deploy")).status == 503
    changed = await lone_gateway.call("PATCH", path, {"script": f"{GRANTS[PY]}\n"})
    assert (changed.body["version"], changed.body["draft_version"]) == (0, 2)
    again = await lone_gateway.call("PATCH", path, {"script": f"{GRANTS[PY]}\n"})
    assert (again.status, again.body["version"]) == (200, 0)
    assert (await lone_gateway.call("PATCH", path, {"enabled": True})).status == 400
    assert (await lone_gateway.call("PATCH", path, {"order": 7})).body["order"] == 7


async def test_without_a_runner_hooks_and_webtasks_are_drafts_too(lone_gateway: Management) -> None:
    hook = {"name": "a-hook", "script": GRANTS[JS], "triggerId": "credentials-exchange", "enabled": True}
    made = await lone_gateway.call("POST", "/api/v2/hooks", hook)
    assert (made.status, made.body["enabled"]) == (201, False)
    assert "draft" in made.body["warning"]
    webtask = {"ten": "default", "jtn": "a-webtask", "code": GRANTS[JS], "meta": METADATA}
    for code in (GRANTS[JS], f"{GRANTS[JS]}\n"):
        issued = await lone_gateway.call("POST", "/api/tokens/issue", {**webtask, "code": code})
        assert issued.status == 200, issued.text
        assert "only a draft" in issued.headers["rulemint-warning"]
    rules = await lone_gateway.every("rules")
    assert {(rule["version"], rule["enabled"]) for rule in rules} == {(0, False)}


async def test_without_a_runner_a_call_that_changes_more_than_the_text_changes_nothing(
    lone_gateway: Management,
) -> None:
    made = await lone_gateway.call("POST", "/api/v2/rules?no_check=true", {**a_rule(GRANTS[PY], PY), "enabled": False})
    path, change = f"/api/v2/rules/{made.body['id']}", {"script": f"{GRANTS[PY]}\n", "enabled": True}
    refused = await lone_gateway.call("PATCH", path, change)
    assert (refused.status, "nothing was changed" in refused.text) == (503, True), refused.text
    rule = (await lone_gateway.call("GET", path)).body
    assert (rule["version"], rule.get("draft_version"), rule["enabled"]) == (1, None, False)
    changed = await lone_gateway.call("PATCH", f"{path}?no_check=true", change)
    assert (changed.status, changed.body["version"], changed.body["enabled"]) == (200, 2, True)


async def test_without_a_runner_a_webtask_that_runs_keeps_its_code_and_all_that_goes_with_it(
    lone_gateway: Management,
) -> None:
    webtask = {"ten": "default", "jtn": "a-webtask", "code": GRANTS[JS], "meta": METADATA}
    assert (await lone_gateway.call("POST", "/api/tokens/issue?no_check=true", webtask)).status == 200
    before = await lone_gateway.every("rules")
    changed = {**webtask, "code": f"{GRANTS[JS]}\n", "ectx": {"KEY": "v"}}
    refused = await lone_gateway.call("POST", "/api/tokens/issue", changed)
    assert refused.status == 503, refused.text
    assert await lone_gateway.every("rules") == before


async def test_who_tries_again_without_a_check_does_not_get_the_answer_of_the_first_try(
    lone_gateway: Management,
) -> None:
    body, headers = a_rule(GRANTS[PY], PY), {"Idempotency-Key": secrets.token_hex(8)}
    drafted = await lone_gateway.call("POST", "/api/v2/rules", body, headers=headers)
    assert drafted.body["version"] == 0
    again = await lone_gateway.call("POST", "/api/v2/rules?no_check=true", body, headers=headers)
    assert (again.status, again.body["errorCode"]) == (409, "conflict"), again.text
