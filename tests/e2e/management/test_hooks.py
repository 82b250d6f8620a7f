"""Hooks over HTTP, as Auth0's tools speak of them; they are rules."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fixtures.management import Management

SCRIPT = "module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://x/k': 1 });"
ACTION = "exports.onExecuteCredentialsExchange = async (event, api) => {};"


@asynccontextmanager
async def hook(management: Management, **fields: Any) -> AsyncIterator[dict[str, Any]]:
    body = {"name": f"hook {secrets.token_hex(4)}", "script": SCRIPT, "triggerId": "credentials-exchange", **fields}
    made = await management.create("hooks", body)
    try:
        yield made
    finally:
        assert (await management.call("DELETE", f"/api/v2/hooks/{made['id']}")).status == 204


async def test_a_hook_lives_from_creation_to_deletion(management: Management) -> None:
    async with hook(management, name="my hook") as made:
        path = f"/api/v2/hooks/{made['id']}"
        assert made == {
            "id": made["id"],
            "name": "my hook",
            "script": SCRIPT,
            "triggerId": "credentials-exchange",
            "enabled": False,
            "dependencies": {},
        }
        patched = await management.call("PATCH", path, {"script": SCRIPT + "\n", "name": "other"})
        assert (patched.status, patched.body) == (200, {**made, "script": SCRIPT + "\n", "name": "other"})
        assert (await management.call("GET", path)).body == patched.body
    gone = await management.call("GET", path)
    assert (gone.status, gone.body["message"]) == (404, "The hook does not exist")
    assert (await management.call("DELETE", path)).status == 204


async def test_an_enabled_hook_decides_tokens_and_is_a_rule(management: Management) -> None:
    client = await management.a_client()
    async with hook(management, enabled=True) as made:
        token = await management.ask(client.request())
        assert token.status == 200, token.text
        rule = (await management.call("GET", f"/api/v2/rules/{made['id']}")).body
        assert (rule["script"], rule["enabled"], rule["version"]) == (SCRIPT, True, 1)
        await management.call("PATCH", f"/api/v2/rules/{made['id']}", {"enabled": False})
        assert (await management.call("GET", f"/api/v2/hooks/{made['id']}")).body["enabled"] is False


async def test_the_list_has_rules_of_the_hook_form_and_no_others(management: Management) -> None:
    python = "def rule(client, scope, audience, context):\n    return {}"
    async with (
        hook(management) as made,
        management.rule(SCRIPT, enabled=False) as rule,
        management.rule(ACTION, enabled=False) as action,
        management.rule("export default () => ({})", enabled=False) as module,
        management.rule(python, language="python", enabled=False) as in_python,
    ):
        query = "?page=0&per_page=50&include_totals=true&triggerId=credentials-exchange"
        page = (await management.call("GET", f"/api/v2/hooks{query}")).body
        ids = {each["id"] for each in page["hooks"]}
        assert page["total"] == len(page["hooks"])
        assert {made["id"], rule["id"]} <= ids
        assert not ids & {action["id"], module["id"], in_python["id"]}
        for other in (action, module, in_python):
            assert (await management.call("GET", f"/api/v2/hooks/{other['id']}")).status == 404
            await management.call("DELETE", f"/api/v2/hooks/{other['id']}")
            assert (await management.call("GET", f"/api/v2/rules/{other['id']}")).status == 200
        enabled = (await management.call("GET", "/api/v2/hooks?enabled=true")).body
        assert made["id"] not in {each["id"] for each in enabled}


async def test_secrets_of_a_hook_are_written_and_never_shown(management: Management) -> None:
    async with hook(management) as made:
        path = f"/api/v2/hooks/{made['id']}/secrets"
        assert (await management.call("GET", path)).body == {}
        added = await management.call("POST", path, {"A": "hunter22", "B": "hunter23"})
        assert (added.status, added.body) == (201, {})
        assert (await management.call("POST", path, {"A": "again"})).status == 409
        assert (await management.call("PATCH", path, {"A": "hunter24"})).status == 201
        assert (await management.call("PATCH", path, {"C": "unknown"})).status == 404
        assert (await management.call("GET", path)).body == {"A": "_VALUE_NOT_SHOWN_", "B": "_VALUE_NOT_SHOWN_"}
        assert (await management.call("DELETE", path, ["A"])).status == 204
        assert (await management.call("GET", path)).body == {"B": "_VALUE_NOT_SHOWN_"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"triggerId": "post-user-registration"}, "triggerId", id="another trigger"),
        pytest.param({"script": ACTION}, "script", id="the code of an action"),
        pytest.param({"script": ""}, "script", id="no script"),
        pytest.param({"name": "<b>"}, "name", id="a malformed name"),
        pytest.param({"order": 1}, "order", id="a field that hooks have not"),
        pytest.param({"dependencies": {"lodash": "../x"}}, "dependencies", id="a malformed dependency"),
    ],
)
async def test_a_faulty_hook_is_refused_by_the_field(
    management: Management, change: dict[str, Any], field: str
) -> None:
    body = {"name": "faulty", "script": SCRIPT, "triggerId": "credentials-exchange", **change}
    refused = await management.call("POST", "/api/v2/hooks", body)
    assert (refused.status, refused.body["field"]) == (400, field), refused.text


async def test_a_name_is_taken_across_hooks_and_rules(management: Management) -> None:
    async with management.rule(SCRIPT, name="taken", enabled=False):
        body = {"name": "taken", "script": SCRIPT, "triggerId": "credentials-exchange"}
        assert (await management.call("POST", "/api/v2/hooks", body)).status == 409
