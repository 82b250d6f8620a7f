"""Examples of bodies and answers about the console."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.example_values import AT

_LINK = "6Jq0tV1yM8wZ3kR5xC7bN9dF2gH4jL6pQ8sT0uW1vXY"
_SESSION = {
    "id": "ses_WK2cVx3PqYyLm8Zt",
    "subject": "Rulemint administrator",
    "client_id": "de5ESXQUX6osw66eApGusAUcHDuR63lG",
    "way": "link",
    "scopes": ["read:rules", "read:logs"],
    "expires_at": AT,
}
_PROVIDER = {
    "issuer": "https://login.example.com",
    "client_id": "rulemint-console",
    "claim": "groups",
    "scopes": {"operators": ["read:rules", "update:rules", "read:logs"]},
    "subject_claim": "email",
    "request_scopes": ["email", "groups"],
}

CONSOLE_BODIES: dict[str, Any] = {
    "CreateLink": {"scopes": ["read:rules", "read:logs"]},
    "SignIn": {"link": _LINK},
    "PutProvider": {**_PROVIDER, "client_secret": "the-secret-of-the-console"},
}
CONSOLE_ANSWERS: dict[str, Any] = {
    "WaysAnswer": {
        "oidc": [{"name": "work", "start": "/console/oidc/start?provider=work"}],
        "client_credentials": True,
    },
    "ProviderAnswer": {
        **_PROVIDER,
        "name": "work",
        "hosts": [],
        "redirect_uri": "https://id.example.com/console/oidc/callback",
    },
    "LinkAnswer": {"url": f"https://id.example.com/console/#link={_LINK}", "token": _LINK, "expires_in": 60},
    "SessionAnswer": {**_SESSION, "tenant": "acme", "idle_seconds": 3600},
    "ListedSession": {
        **_SESSION,
        "created_at": AT,
        "last_used_at": AT,
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        "current": True,
    },
}
