"""The example of a whole token request, as ``GET /api/v2/exchanges/{id}`` answers it."""

from __future__ import annotations

from typing import Any

_ID = "exc_01a212dbf7d09a0c5f878fff0915"
_TEAM: dict[str, Any] = {"rule": "team", "version": 2}


def _step(step: str, began_ms: float, duration_ms: float, **more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"rule": None, "version": None, "start": None, "calls": []}
    return {"step": step, "began_ms": began_ms, "duration_ms": duration_ms, **usual, **more}


_CALL = {"method": "GET", "host": "teams.example", "status": 200}
EXCHANGE: dict[str, Any] = {
    "id": _ID,
    "tenant": "default",
    "started_at_ms": 1795593600000,
    "status": 200,
    "outcome": "granted",
    "schema": 1,
    "error": None,
    "error_description": None,
    "detail": "",
    "client_id": "nightly",
    "client_name": "nightly",
    "audience": "https://reports.example/",
    "scope_asked": [],
    "scope_granted": ["read"],
    "parameters": {
        "grant_type": "client_credentials",
        "client_id": "nightly",
        "audience": "https://reports.example/",
    },
    "ip": "192.0.2.7",
    "user_agent": "reports/1.0",
    "rules": [
        {
            **_TEAM,
            "scope_given": ["read"],
            "scope_added": [],
            "scope_removed": [],
            "claims_set": {"team": "day"},
            "dropped": [],
            "duration_ms": 11.07,
            "ran_on": {
                "host": 3,
                "runs_before": 41,
                "start": "warm",
                "waited_ms": 0.12,
                "engine": "Deno 2.5.6",
                "build": "0.1.0",
                "packages": "",
                "timeout_s": 5.0,
                "memory_mb": 128,
                "log_bytes": 262144,
                "result_bytes": 65536,
            },
            "ended_at": None,
        }
    ],
    "lines": [],
    "lines_left_out": 0,
    "jti": _ID,
    "kid": "P2rKTRRr4gavlihK48hJ-IeakbRy2zNzBeOj-fNEegw",
    "timings": {
        "authenticate_ms": 0.377,
        "queue_ms": 1.2,
        "rules_ms": 11.3,
        "return_ms": 0.6,
        "mint_ms": 1.611,
        "total_ms": 15.713,
        "gateway_ms": 0.3,
        "validate_ms": 0.1,
    },
    "calls": [
        {
            "type": "call",
            "ts_ms": 1795593600012,
            "invocation": _ID,
            "client_id": "nightly",
            **_TEAM,
            **_CALL,
            "duration_ms": 8.4,
            "bytes_sent": 0,
            "bytes_received": 17,
            "error": "",
            "audience": "https://reports.example/",
            "after_ms": 1.9,
        }
    ],
    "secret_name": "first",
    "first_rule": "team",
    "first_version": 2,
    "more_like_it": 0,
    "flow": [{"rule_id": "rul_WiSqxiTVjJqzw44w", **_TEAM, "secrets_revision": 1}],
    "config_revision": 57,
    "exp": 1795680000,
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "waterfall": [
        _step("authenticate", 0.0, 0.377),
        _step("gateway", 0.377, 0.3),
        _step("queue", 0.677, 1.2),
        _step("host", 1.877, 0.12, **_TEAM, start="warm"),
        _step("rule", 1.997, 10.95, **_TEAM, calls=[{**_CALL, "began_ms": 3.777, "duration_ms": 8.4}]),
        _step("runner", 12.947, 0.23),
        _step("return", 13.177, 0.6),
        _step("validate", 13.777, 0.1),
        _step("sign", 13.877, 1.611),
        _step("answer", 15.488, 0.225),
    ],
}
