"""Examples of answers, a table: by the name of their type, or of the operation where the type has none."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.auth0_examples import AUTH0_ANSWERS
from rulemint_gateway.web.openapi.console_examples import CONSOLE_ANSWERS
from rulemint_gateway.web.openapi.example_values import AT, TRIED
from rulemint_gateway.web.openapi.exchange_examples import EXCHANGE
from rulemint_gateway.web.openapi.quota_examples import QUOTA_ANSWERS
from rulemint_gateway.web.openapi.rollout_examples import ROLLOUT_ANSWERS
from rulemint_gateway.web.openapi.rule_examples import DIFF, RULE_ANSWERS
from rulemint_gateway.web.openapi.tape_examples import TAPE_ANSWERS

_MINUTE = {
    "at": "2026-11-25T08:00:00.000Z",
    "granted": 212,
    "denied": 3,
    "failed": 0,
    "refused": 1,
    "p50_ms": 4.49,
    "p99_ms": 8.98,
}
_KID = "P2rKTRRr4gavlihK48hJ-IeakbRy2zNzBeOj-fNEegw"
_SHOWN_ONCE = "gj4wYaFBHHwc_3EHFJLDqioa…"
ANSWERS: dict[str, Any] = {
    "ResourceServerAnswer": {
        "id": "74b64b45b82c5635a329c449",
        "identifier": "https://reports.example/",
        "name": "Reports",
        "scopes": [{"value": "read", "description": "Read reports"}],
        "signing_alg": "RS256",
        "token_lifetime": 86400,
        "enforce_grant_scopes": False,
        "is_system": False,
        "allow_offline_access": False,
    },
    "ClientAnswer": {
        "client_id": "nightly",
        "tenant": "default",
        "global": False,
        "name": "nightly",
        "description": "",
        "client_metadata": {"plan": "gold"},
        "app_type": "non_interactive",
        "grant_types": ["client_credentials"],
        "is_first_party": True,
        "client_secret": _SHOWN_ONCE,
    },
    "ClientGrantAnswer": {
        "id": "cgr_WiSqxiTVjJqzw44w",
        "client_id": "nightly",
        "audience": "https://reports.example/",
        "scope": ["read"],
        "subject_type": "client",
    },
    "ClientSecretAnswer": {
        "name": "2027",
        "created_at": AT,
        "expires_at": None,
        "last_used_at": None,
        "client_secret": _SHOWN_ONCE,
    },
    "TryAnswer": TRIED,
    "CheckAnswer": {"loads": True, "resolved_dependencies": {}},
    "TenantSettingsAnswer": {"error_style": "rfc6749"},
    "TenantAnswer": {
        "name": "acme",
        "issuer": "https://acme.example/",
        "hosts": ["acme.example"],
        "disabled": False,
        "deletes_at": None,
        "administrator": {
            "client_id": "NUNCyhIMpUWaMQqGwEUFEznBXnBLoGj2",
            "client_secret": _SHOWN_ONCE,
            "audience": "https://acme.example/api/v2/",
        },
    },
    "TenantDeletionAnswer": {
        "name": "acme",
        "deletes_at": AT,
        "dry_run": False,
        "contents": {
            "clients": 12,
            "resource_servers": 3,
            "client_grants": 14,
            "rules": 2,
            "rule_versions": 9,
            "signing_keys": 2,
            "exchanges": 4100,
            "log_records": 9300,
            "audit_records": 57,
        },
    },
    "SigningKeyAnswer": {
        "kid": _KID,
        "alg": "RS256",
        "cert": "-----BEGIN CERTIFICATE-----\nMIIC…",
        "pkcs7": "-----BEGIN PKCS7-----\nMIIC…",
        "fingerprint": "03:FE:F5:23:CB:10:0D:76:1B:F4:62:5D:E3:62:C6:46:AD:60:56:E0",
        "thumbprint": "03FEF523CB100D761BF4625DE362C646AD6056E0",
        "current": True,
        "next": False,
        "previous": False,
        "revoked": False,
        "current_since": AT,
    },
    "ChangedKey": {"cert": "-----BEGIN CERTIFICATE-----\nMIIC…", "kid": _KID},
    "LogEntryAnswer": {
        "log_id": "log_01a212dbfa7600000000e",
        "_id": "log_01a212dbfa7600000000e",
        "hostname": "tokens.example",
        "isMobile": False,
        "date": AT,
        "type": "seccft",
        "description": "",
        "client_id": "nightly",
        "client_name": "nightly",
        "ip": "192.0.2.7",
        "user_agent": "reports/1.0",
        "audience": "https://reports.example/",
        "scope": "read",
        "details": {
            "exchange_id": "exc_01a212dbfa3710111c03e5123824",
            "outcome": "granted",
            "status": 200,
            "jti": "exc_01a212dbfa3710111c03e5123824",
            "kid": _KID,
            "secret_name": "first",
            "rules": ["team"],
            "total_ms": 16.413,
            "lines": [],
        },
    },
    "DayAnswer": {
        "date": "2026-10-27T00:00:00.000Z",
        "logins": 1280,
        "signups": 0,
        "leaked_passwords": 0,
        "created_at": "2026-10-27T00:00:00.000Z",
        "updated_at": "2026-10-27T00:00:00.000Z",
    },
    "Minutes": {
        "minutes": [_MINUTE],
        "whole": _MINUTE,
    },
    "Waste": {
        "day": "2026-11-25",
        "asked": 1280,
        "needed": 26,
        "wasted": 1254,
        "clients": [
            {
                "client_id": "nightly",
                "asked": 1256,
                "needed": 2,
                "wasted": 1254,
                "spent_ms": 6280.4,
                "saved_ms": 6270.4,
            }
        ],
    },
    "Status": {
        "gateways": ["gateway_74c36f8a33b5"],
        "runners": [
            {
                "name": "host-1:runner_f59cf49b0db6",
                "contained": True,
                "hosts": 1,
                "busy_hosts": 0,
                "invocations": 0,
                "lost_log_records": 0,
                "queue_shards": 1,
            }
        ],
        "queue_depth": 0,
        "queue_shards": 1,
        "wrong_clocks": [],
    },
    "KeySet": {"keys": [{"kty": "RSA", "n": "9DxVgd…", "e": "AQAB", "use": "sig", "alg": "RS256", "kid": _KID}]},
    "ServerMetadata": {
        "issuer": "https://tokens.example/",
        "authorization_endpoint": "https://tokens.example/authorize",
        "token_endpoint": "https://tokens.example/oauth/token",
        "jwks_uri": "https://tokens.example/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "RS512"],
    },
    "IssuedTicket": {"ticket": "4SkX1j5pKfwGnAo0Cb-oKnOfDW7Lu6crXE8S2ILPtNg", "expires_in": 30},
    "Alive": {"status": "alive"},
    "Ready": {"status": "ready", "runners": 1},
    "ExchangeList": {
        "exchanges": [
            {
                "log_id": "log_01a212dbf8bc00000000e",
                "id": "exc_01a212dbf7d09a0c5f878fff0915",
                "started_at_ms": 1795593600000,
                "status": 403,
                "outcome": "denied",
                "error": "access_denied",
                "error_description": "not at night",
                "detail": "",
                "client_id": "nightly",
                "client_name": "nightly",
                "audience": "https://reports.example/",
                "scope_granted": [],
                "ip": "192.0.2.7",
                "rules": [{"rule": "team", "version": 2}],
                "first_rule": "team",
                "jti": None,
                "timings": {
                    "authenticate_ms": 0.4,
                    "queue_ms": 1.0,
                    "rules_ms": 1.0,
                    "return_ms": 1.0,
                    "mint_ms": None,
                    "total_ms": 3.9,
                    "gateway_ms": 0.3,
                    "validate_ms": None,
                },
                "secret_name": "first",
                "more_like_it": 0,
                "exp": None,
                "trace_id": "0af7651916cd43dd8448eb211c80319c",
            }
        ],
        "next": "log_01a212dbf8bc00000000e",
    },
    "ExchangeAnswer": EXCHANGE,
    "Nothing": {},
    "DeletedAnswer": {"deleted": 2},
    "IssuedToken": {"access_token": "eyJ…", "token_type": "Bearer", "expires_in": 86400, "scope": "read"},
    "get_rules_id_secrets": {"API_KEY": "_VALUE_NOT_SHOWN_"},
    "get_hooks_id_secrets": {"API_KEY": "_VALUE_NOT_SHOWN_"},
    "get_stats_active_users": 12,
    "get_actions_modules": [],
    **AUTH0_ANSWERS,
    **CONSOLE_ANSWERS,
    **QUOTA_ANSWERS,
    **ROLLOUT_ANSWERS,
    **RULE_ANSWERS,
    **TAPE_ANSWERS,
}

_LINE = (
    '{"id":"1795593600000-0","ts":"2026-11-25T08:00:00.000Z","type":"line","level":"info","message":"hello",'
    '"rule":"team","version":2,"invocation":"exc_01a212dbf7d09a0c5f878fff0915","client_id":"nightly",'
    '"audience":"https://reports.example/"}'
)
TEXTS: dict[tuple[str, str], str] = {
    ("get_log_stream", "application/x-ndjson"): f"{_LINE}\n",
    ("get_log_stream", "text/event-stream"): f"id: 1795593600000-0\ndata: {_LINE}\n\n",
    ("get_rules_id_diff", "text/x-diff"): DIFF,
}
"""Answers that are not JSON: the operation and the content type → a text."""
