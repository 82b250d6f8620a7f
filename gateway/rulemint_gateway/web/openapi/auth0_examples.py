"""Examples of the answers that only Auth0's tools ask for, by the name of their type."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.example_values import AT, TRIED

_ACTION: dict[str, Any] = {
    "id": "rul_5Mbjl0PdGsWtk9QN",
    "name": "plan claim",
    "supported_triggers": [{"id": "credentials-exchange", "version": "v2"}],
    "all_changes_deployed": True,
    "created_at": AT,
    "updated_at": AT,
}
_CODE: dict[str, Any] = {
    "code": "exports.onExecuteCredentialsExchange = async (event, api) => {};",
    "dependencies": [],
    "runtime": "node22",
    "secrets": [{"name": "API_KEY", "updated_at": AT}],
    "status": "built",
    "built_at": AT,
}
_ACTION_VERSION: dict[str, Any] = {
    "id": "1",
    "action_id": "rul_5Mbjl0PdGsWtk9QN",
    "number": 1,
    "deployed": True,
    "errors": [],
    "created_at": AT,
    "updated_at": AT,
    "supported_triggers": [{"id": "credentials-exchange", "version": "v2"}],
    **_CODE,
    "action": _ACTION,
}
_BINDING: dict[str, Any] = {
    "id": "rul_5Mbjl0PdGsWtk9QN",
    "trigger_id": "credentials-exchange",
    "display_name": "plan claim",
    "created_at": AT,
    "updated_at": AT,
    "action": _ACTION,
}
AUTH0_ANSWERS: dict[str, Any] = {
    "HookAnswer": {
        "id": "rul_a11bcBBI5ddZW5WY",
        "name": "team hook",
        "script": "module.exports = (client, scope, audience, context, cb) => cb(null, {});",
        "triggerId": "credentials-exchange",
        "enabled": False,
        "dependencies": {},
    },
    "ActionAnswer": {**_ACTION, **_CODE, "deployed_version": _ACTION_VERSION},
    "ActionVersionAnswer": _ACTION_VERSION,
    "ActionTestAnswer": {"payload": TRIED},
    "TriggersAnswer": {
        "triggers": [
            {
                "id": "credentials-exchange",
                "version": "v2",
                "status": "CURRENT",
                "runtimes": ["node22"],
                "default_runtime": "node22",
                "compatible_triggers": [],
                "binding_policy": "trigger-bound",
            }
        ]
    },
    "ExecutionAnswer": {
        "id": "exc_01a212dbf7d09a0c5f878fff0915",
        "trigger_id": "credentials-exchange",
        "status": "final",
        "results": [
            {
                "action_name": "team-action",
                "started_at": "2026-11-25T08:00:00.002Z",
                "ended_at": "2026-11-25T08:00:00.013Z",
            }
        ],
        "created_at": "2026-11-25T08:00:00.000Z",
        "updated_at": "2026-11-25T08:00:00.016Z",
    },
    "BindingAnswer": _BINDING,
    "BindingsAnswer": {"bindings": [_BINDING]},
}
