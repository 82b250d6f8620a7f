"""Examples of answers about rules and their versions, by the name of their type."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.example_values import AT

_SCRIPT = "export default () => ({ team: 'night' });\n"
_TEXT: dict[str, Any] = {
    "allow_hosts": ["api.example.com"],
    "isolation": "warm",
    "limits": {"timeout_s": 2.0, "memory_mb": None, "log_bytes": None, "result_bytes": None},
    "dependencies": {"lodash": "^4"},
    "resolved_dependencies": {"lodash": "4.17.21"},
}
_POWER: dict[str, Any] = {
    "locked": True,
    "power": {"claims": ["team"], "scopes": [], "hosts": [], "audiences": ["https://api.example.com/"]},
}
_SEEN: dict[str, Any] = {"power": {**_POWER["power"], "hosts": ["https://api.example.com"]}, "tapes": 57}
_VERSION: dict[str, Any] = {
    "number": 2,
    "deployed": True,
    "draft": False,
    "created_at": AT,
    "created_by": "de5ESXQUX6osw66eApGusAUcHDuR63lG",
    "message": "Teams come from the client's metadata",
    "language": "javascript",
    "script_sha256": "db853548dd953b7cd74ec455aad0ffb7fae186106d9f5d86bccc205edaf23773",
    **_TEXT,
    "case_count": 1,
    **_POWER,
}
_CASES: list[dict[str, Any]] = [
    {
        "name": "the night team is known",
        "client": {"id": "nightly", "name": "nightly", "metadata": {}},
        "expect": {"claims": {"team": "night"}},
    }
]
DIFF = (
    "--- team@1\n+++ team@2\n@@ -1 +1 @@\n"
    "-export default () => ({ team: 'day' });\n+export default () => ({ team: 'night' });\n"
)

RULE_ANSWERS: dict[str, Any] = {
    "RuleAnswer": {
        "id": "rul_UuJFy8AlOfVfMeoK",
        "name": "team",
        "script": _SCRIPT,
        "language": "javascript",
        "order": 1,
        "enabled": True,
        "clients": [],
        "audiences": [],
        "version": 2,
        "draft_version": None,
        "previous_version": 1,
        **_TEXT,
        "description": "Says which team a client is of",
        "message": "Teams come from the client's metadata",
        "cases": _CASES,
        "on_failure": "stale:15",
        **_POWER,
        "pause": None,
    },
    "FlowAnswer": {"rules": ["rul_WK2cVx3PqYyLm8Zt", "rul_UuJFy8AlOfVfMeoK"]},
    "RuleVersionSummary": _VERSION,
    "RuleVersionAnswer": {**_VERSION, "script": _SCRIPT, "cases": _CASES, "seen_power": _SEEN},
    "RuleResumed": {
        "id": "rul_5Mbjl0PdGsWtk9QN",
        "name": "plan claim",
        "client_id": "de5ESXQUX6osw66eApGusAUcHDuR63lG",
        "resumed_at": AT,
    },
    "RuleDiff": {
        "from": 1,
        "to": 2,
        "changed": {"allow_hosts": {"from": [], "to": ["api.example.com"]}},
        "script": DIFF,
    },
}
