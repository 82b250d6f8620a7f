"""Examples of tapes and replays."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.example_values import AT

_EXCHANGE = "exc_01a212dbf7d09a0c5f878fff0915"
_LINE = {"rule": "team", "level": "info", "message": "hello"}
_RESULT: dict[str, Any] = {"outcome": "granted", "message": "", "scope": ["read"], "claims": {"team": "night"}}
_GOLD: dict[str, Any] = {"what": "claims.team", "before": "night", "after": "gold"}
TAPE_BODIES: dict[str, Any] = {
    "BacktestBody": {
        "rule_id": "rul_5Mbjl0PdGsWtk9QN",
        "script": "module.exports = (client, scope, audience, context, cb) => cb(null, { scope });",
        "since_ms": 1788220800000,
        "take": 500,
    },
    "CaseBody": {"name": "nightly is in the team night"},
    "FlipBody": {"want": "claim:team"},
    "ReplayBody": {"set": ["client.metadata.plan=gold", "scope+=write"]},
}
TAPE_ANSWERS: dict[str, Any] = {
    "TapeAnswer": {
        "exchange_id": _EXCHANGE,
        "format": 1,
        "build": "0.1.0",
        "made_at": AT,
        "client": {"tenant": "default", "id": "nightly", "name": "nightly", "metadata": {"plan": "silver"}},
        "audience": "https://reports.example/",
        "scope": ["read"],
        "request": {
            "ip": "192.0.2.7",
            "user_agent": "curl/8.5.0",
            "body": {"grant_type": "client_credentials", "client_id": "nightly"},
            "headers": {"user-agent": "curl/8.5.0"},
            "query": {},
            "hostname": "tokens.example",
            "requested_scopes": [],
        },
        "rules": [
            {
                "rule": "team",
                "version": 2,
                "clock": AT,
                "runs_before": 41,
                "events": [
                    {
                        "kind": "call",
                        "question": 1,
                        "method": "GET",
                        "url": "https://api.example.com/teams/nightly",
                        "headers": [["authorization", "***"]],
                        "body": "",
                    },
                    {
                        "kind": "answer",
                        "question": 1,
                        "status": 200,
                        "headers": [["content-type", "application/json"]],
                        "body": '{"team":"night"}',
                        "clock": AT,
                    },
                ],
                "outcome": "granted",
                "scope": ["read"],
                "claims": {"team": "night"},
                "cut": "",
            }
        ],
        "outcome": "granted",
        "message": "",
        "lines": [_LINE],
        "lines_left_out": 0,
        "masked": ["question.headers.authorization"],
        "cut": "",
    },
    "CaseAnswer": {
        "exchange_id": _EXCHANGE,
        "rule": "team",
        "rule_id": "rul_5Mbjl0PdGsWtk9QN",
        "version": 2,
        "case": {
            "name": "nightly is in the team night",
            "client": {"id": "nightly", "name": "nightly", "metadata": {"plan": "silver"}},
            "audience": "https://reports.example/",
            "scope": ["read"],
            "ip": "192.0.2.7",
            "user_agent": "curl/8.5.0",
            "body": {"grant_type": "client_credentials", "client_id": "nightly"},
            "expect": {"claims": {"team": "night"}, "scope": ["read"]},
        },
        "needs": {"allow_hosts": ["api.example.com"]},
        "could_not_know": ["not in the case: the answers to its calls, because calls of a case are real"],
    },
    "Explanation": {
        "exchange_id": _EXCHANGE,
        "outcome": "granted",
        "why": "",
        "depth": "replayed",
        "authenticated": {
            "client_id": "nightly",
            "client_name": "nightly",
            "secret_name": "deploy",
            "ip": "192.0.2.7",
        },
        "signed": {"kid": "k1", "jti": _EXCHANGE, "exp": 1_790_000_000},
        "claims": [
            {
                "name": "team",
                "value": "night",
                "why": "team, version 2, set it at line 4",
                "set_by": [{"rule": "team", "version": 2, "line": 4, "seen": True, "before": '"day"'}],
            }
        ],
        "scopes": [
            {"name": "read", "why": "the client grant has it, and the request asked for no scope", "set_by": []}
        ],
        "absent": [
            {
                "kind": "claim",
                "name": "trial",
                "reason": "branch_not_taken",
                "why": "line 7 of team did not run: the branch at line 6 was not taken",
                "rule": "team",
                "line": 6,
            }
        ],
        "rules": [{"rule": "team", "version": 2, "ran": True, "why": "it ran for 1.5 ms", "answered_at": 9}],
        "could_not_know": [],
    },
    "BacktestAnswer": {
        "rule": "team",
        "rule_id": "rul_5Mbjl0PdGsWtk9QN",
        "version": 2,
        "coverage": {
            "requests": 4120,
            "has_more": False,
            "without_tape": 4079,
            "tapes": 41,
            "replayed": 40,
            "cut": 0,
            "unknown": 1,
            "reasons": ["team: a call: GET api.example.com/plans: the tape has no answer to it"],
        },
        "unchanged": 38,
        "noisy": 0,
        "groups": [
            {
                "client_id": "nightly",
                "client_name": "nightly",
                "kind": "claim_changed",
                "count": 2,
                "examples": [{"exchange_id": _EXCHANGE, "changes": [_GOLD]}],
            }
        ],
        "oldest": AT,
    },
    "DeletedTapes": {"deleted": 12},
    "FlipAnswer": {
        "exchange_id": _EXCHANGE,
        "want": "claim:limit",
        "found": True,
        "text": "the claim limit would have come with client.metadata.plan=gold",
        "set": ["client.metadata.plan=gold"],
        "changed": [{"what": "client.metadata.plan", "before": "silver", "after": "gold"}],
        "original": _RESULT,
        "flipped": {**_RESULT, "claims": {"team": "night", "limit": 1000}},
        "differences": [{"what": "claims.limit", "before": None, "after": 1000}],
        "tried": {
            "runs": 13,
            "ways": 2,
            "unknown": 0,
            "inputs": [{"what": "client.metadata.plan", "requests": 12}],
            "stopped_by": "",
        },
        "could_not_know": ["random bytes were drawn anew, and timers fired by the real clock"],
        "took_ms": 240.5,
    },
    "ReplayAnswer": {
        "exchange_id": _EXCHANGE,
        "verdict": "changed",
        "text": "the change makes a difference to claims.team",
        "original": _RESULT,
        "replayed": {**_RESULT, "claims": {"team": "gold"}},
        "lines": [_LINE],
        "changed": [{"what": "client.metadata.plan", "before": "silver", "after": "gold"}],
        "differences": [_GOLD],
        "could_not_know": ["random bytes were drawn anew, and timers fired by the real clock"],
    },
}
