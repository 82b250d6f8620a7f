"""The values of secrets: sent once, and seen in no answer and no log afterwards."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from fixtures.management import Management
from fixtures.system import System

HOOK = "module.exports = (client, scope, audience, context, cb) => cb(null, { scope });"
ACTION = "exports.onExecuteCredentialsExchange = async (event, api) => {};"
TRIGGER = "credentials-exchange"


def made_as(noun: str, value: str) -> dict[str, Any]:
    name = f"keeper {secrets.token_hex(4)}"
    match noun:
        case "hooks":
            return {"name": name, "script": HOOK, "triggerId": TRIGGER}
        case "actions/actions":
            given = [{"name": "KEY", "value": value}]
            return {"name": name, "code": ACTION, "supported_triggers": [{"id": TRIGGER}], "secrets": given}
        case _:
            return {"name": name, "script": HOOK, "enabled": False}


@pytest.mark.parametrize("noun", ["rules", "hooks", "actions/actions"])
async def test_no_answer_and_no_log_of_the_services_has_the_value_of_a_secret(
    management: Management, bare_system: System, noun: str
) -> None:
    value = f"value-{secrets.token_hex(8)}"
    made = await management.call("POST", f"/api/v2/{noun}", made_as(noun, value))
    record = made.body["id"]
    path = f"/api/v2/{noun}/{record}"
    listed = {"secrets": [{"name": "KEY", "value": value}, {"name": "OTHER", "value": value}]}
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", path, listed) if noun == "actions/actions" else ("POST", f"{path}/secrets", {"KEY": value}),
        ("POST", f"/api/v2/rules/{record}/secrets", {"KEY": value}),  # taken
        ("PATCH", f"/api/v2/rules/{record}/secrets", {"MISSING": value}),
        ("POST", f"/api/v2/rules/{record}/secrets", {"LONG": value * 1_000}),
        ("POST", f"/api/v2/rules/{record}/secrets", {"not a name": value}),
        ("POST", f"/api/v2/rules/{record}/secrets", [value]),
        ("GET", f"/api/v2/rules/{record}", None),
        ("GET", f"/api/v2/rules/{record}/versions/1", None),
        ("GET", path, None),
        ("DELETE", path, None),
    ]
    answers = [made, *[await management.call(method, where, body) for method, where, body in calls]]
    assert [answer.status for answer in answers] == [
        201,
        answers[1].status,
        409,
        404,
        400,
        400,
        400,
        200,
        200,
        200,
        204,
    ]
    assert answers[1].status in {200, 201}
    assert not [answer.text for answer in answers if value in answer.text]
    assert value not in bare_system.process.output
