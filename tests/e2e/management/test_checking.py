"""``POST /api/v2/rules/check``: whether a text loads, told by a host that ends before a function of it runs."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.management import Answer, Management

pytestmark = pytest.mark.timeout(120)

PYTHON = "def rule(client, scope, audience, context):\n    return {}\n"
LOOPS = [
    pytest.param("javascript", "export default () => { for (;;) {} };", id="javascript"),
    pytest.param("typescript", "export default (): object => { for (;;) {} };", id="typescript"),
    pytest.param("python", "def rule(client, scope, audience, context):\n    while True:\n        pass", id="python"),
]
BROKEN = [
    pytest.param("javascript", "export default () => {\n  const wrong = ;\n};", "syntax", 2, id="javascript, syntax"),
    pytest.param("python", "def rule(client):\n    return {\n", "syntax", 2, id="python, syntax"),
    pytest.param("javascript", "\nundefined.x;\nexport default () => ({});", "exception", 2, id="javascript, module"),
    pytest.param("python", "\nNone.x\ndef rule():\n    return {}\n", "exception", 2, id="python, module"),
    pytest.param("javascript", "export const rule = 1;", "syntax", None, id="javascript, no function"),
    pytest.param("python", "plan = 'gold'\n", "syntax", None, id="python, no function"),
]


async def check(management: Management, **fields: Any) -> Answer:
    return await management.call("POST", "/api/v2/rules/check", fields)


@pytest.mark.parametrize(("language", "script"), LOOPS)
async def test_a_text_whose_function_would_never_end_loads(management: Management, language: str, script: str) -> None:
    answer = await check(management, script=script, language=language)
    assert (answer.status, answer.body) == (200, {"loads": True, "resolved_dependencies": {}})


@pytest.mark.parametrize(("language", "script", "code", "line"), BROKEN)
async def test_a_text_that_does_not_load_says_why_and_where(
    management: Management, language: str, script: str, code: str, line: int | None
) -> None:
    answer = await check(management, script=script, language=language, name="My rule")
    assert (answer.status, answer.body["loads"]) == (200, False), answer.text
    error = answer.body["error"]
    assert (error["code"], error["line"]) == (code, line)


async def test_a_script_is_checked_in_the_place_of_the_text_of_a_rule(management: Management) -> None:
    async with management.rule(PYTHON, language="python", enabled=False) as rule:
        assert (await check(management, rule_id=rule["id"])).body["loads"] is True
        answer = await check(management, rule_id=rule["id"], script="def rule(client) return {}\n")
        assert (answer.body["loads"], answer.body["error"]["line"]) == (False, 1)
        assert answer.body["error"]["file"].endswith(".py")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "script"),
        ({"script": ""}, 400, "script"),
        ({"script": "x", "version": 1}, 400, "version"),
        ({"rule_id": "rul_none"}, 404, None),
        ({"script": "x", "client": {"id": "c"}}, 400, "client"),
    ],
)
async def test_a_body_that_names_no_text_is_refused(
    management: Management, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = await check(management, **body)
    assert (answer.status, answer.body.get("field")) == (status, field)


async def test_who_may_change_no_rule_may_check_none(management: Management) -> None:
    client = await management.create("clients", {"name": "reads only"})
    grant = {"client_id": client["client_id"], "audience": management.admin["audience"], "scope": ["read:rules"]}
    await management.create("client-grants", grant)
    asked = {name: client[name] for name in ("client_id", "client_secret")}
    asked |= {"audience": management.admin["audience"], "grant_type": "client_credentials"}
    token = (await management.ask(asked)).body["access_token"]
    answer = await management.call("POST", "/api/v2/rules/check", {"script": "x"}, token=token)
    assert answer.status == 403


async def test_a_check_leaves_nothing_in_the_tenant_s_log(management: Management) -> None:
    async def count() -> int:
        entries = (await management.call("GET", "/api/v2/logs?per_page=100")).body
        return sum("check" in str(entry.get("details", "")) for entry in entries)

    before = await count()
    assert (await check(management, script="export default () => ({});")).body["loads"] is True
    assert await count() == before
