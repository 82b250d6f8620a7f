"""Examples of bodies and problems, by the name of their type, or of the operation where the type has no name."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.console_examples import CONSOLE_BODIES
from rulemint_gateway.web.openapi.tape_examples import TAPE_BODIES

_SCRIPT = "export default async ({ client }) => ({ team: client.metadata.team ?? 'night' });"
_CODE = "exports.onExecuteCredentialsExchange = async (event, api) => {};"
_HOOK = "module.exports = (client, scope, audience, context, cb) => cb(null, {});"
_TRIGGERS = [{"id": "credentials-exchange", "version": "v2"}]
_SECRETS = {"API_KEY": "a-value"}

EXAMPLES: dict[str, Any] = {
    "TokenBody": {
        "grant_type": "client_credentials",
        "client_id": "nightly",
        "client_secret": "the-secret-of-nightly",
        "audience": "https://reports.example/",
    },
    "OAuthProblem": {
        "error": "invalid_client",
        "error_description": "the client is unknown or its secret is wrong",
        "exchange_id": "exc_01a212dbf7d09a0c5f878fff0915",
    },
    "Problem": {
        "statusCode": 400,
        "error": "Bad Request",
        "message": "Additional properties not allowed: colour",
        "errorCode": "invalid_body",
        "field": "colour",
    },
    "CreateClient": {"name": "nightly"},
    "PatchClient": {"name": "nightly reports"},
    "CreateSecret": {"name": "2027", "others_expire_in": 86400},
    "CreateResourceServer": {"identifier": "https://reports.example/", "scopes": [{"value": "read"}]},
    "PatchResourceServer": {"token_lifetime": 3600},
    "CreateClientGrant": {"client_id": "nightly", "audience": "https://reports.example/", "scope": ["read"]},
    "PatchClientGrant": {"scope": []},
    "CreateRule": {
        "name": "team",
        "script": _SCRIPT,
        "cases": [{"name": "a client without a team is of the night", "expect": {"claims": {"team": "night"}}}],
    },
    "PatchRule": {"enabled": False},
    "PutFlow": {"rules": ["rul_WK2cVx3PqYyLm8Zt", "rul_UuJFy8AlOfVfMeoK"]},
    "TryRule": {"script": _SCRIPT, "client": {"id": "nightly"}},
    "CheckRule": {"script": _SCRIPT},
    "CreateHook": {
        "name": "team-hook",
        "script": _HOOK,
        "triggerId": "credentials-exchange",
    },
    "PatchHook": {"enabled": False},
    "CreateAction": {"name": "team-action", "supported_triggers": _TRIGGERS, "code": _CODE},
    "PatchAction": {"code": _CODE},
    "ActionTest": {"payload": {"event": {"client": {"client_id": "nightly"}}}},
    "DeployVersion": {"update_draft": True},
    "StartRollout": {"kind": "canary", "steps": [5, 25, 100], "minimum": 200},
    "ResumeRule": {"client_id": "de5ESXQUX6osw66eApGusAUcHDuR63lG"},
    "PatchBindings": {"bindings": [{"ref": {"type": "action_name", "value": "team-action"}}]},
    "PatchTenantSettings": {
        "default_audience": "https://reports.example/",
        "default_token_quota": {"clients": {"client_credentials": {"per_hour": 100, "enforce": False}}},
    },
    "DeleteRecords": {
        "deletions": [
            {"noun": "clients", "id": "nightly", "etag": '"9d5c2f6f0c1b4d2e8f7a6b5c4d3e2f1a"'},
            {
                "noun": "rule-secrets",
                "id": "rul_WK2cVx3PqYyLm8Zt",
                "etag": '"0a1b2c3d4e5f60718293a4b5c6d7e8f9"',
                "names": ["API_KEY"],
            },
        ]
    },
    "CreateTenant": {"name": "acme", "hosts": ["acme.example"]},
    "PatchTenant": {"disabled": True},
    "post_rules_id_secrets": _SECRETS,
    "patch_rules_id_secrets": _SECRETS,
    "delete_rules_id_secrets": ["API_KEY"],
    "post_hooks_id_secrets": _SECRETS,
    "patch_hooks_id_secrets": _SECRETS,
    "delete_hooks_id_secrets": ["API_KEY"],
    **CONSOLE_BODIES,
    **TAPE_BODIES,
}
