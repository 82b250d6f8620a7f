"""Explain a path that nothing is at: for those that Auth0 has, name the page that says why."""

from __future__ import annotations

MIGRATING = "docs/migrating-from-auth0.md says what differs"
_NOT_IN_RULEMINT = frozenset(
    (
        "anomaly",
        "attack-protection",
        "blacklists",
        "branding",
        "connection-profiles",
        "connections",
        "custom-domains",
        "device-credentials",
        "email-templates",
        "emails",
        "event-streams",
        "federated-connections-tokens",
        "flows",
        "forms",
        "groups",
        "guardian",
        "jobs",
        "log-streams",
        "network-acls",
        "organizations",
        "phone",
        "prompts",
        "rate-limit-policies",
        "refresh-tokens",
        "risk-assessments",
        "roles",
        "rules-configs",
        "self-service-profiles",
        "session-transfer",
        "sessions",
        "supplemental-signals",
        "tickets",
        "token-exchange-profiles",
        "user-attribute-profiles",
        "user-blocks",
        "user-grants",
        "users",
        "users-by-email",
        "verifiable-credentials",
    )
)
"""Nouns of Auth0's management API that are about users, logins or Auth0 itself."""
_OF_USERS = (
    "/authorize/",
    "/dbconnections",
    "/login",
    "/mfa",
    "/oauth/device",
    "/oauth/par",
    "/oauth/revoke",
    "/oidc",
    "/passwordless",
    "/samlp",
    "/u/",
    "/userinfo",
    "/v2/logout",
)
"""Beginnings of the paths by which users log in at Auth0."""
_OF_WEBTASKS = ("/api/cron", "/api/env", "/api/jobs", "/api/logs", "/api/run", "/api/tokens", "/api/webtask")


def explained(path: str) -> str:
    """Return the sentence for *path*, at which nothing is. It repeats nothing that only the caller knows."""
    noun = path.removeprefix("/api/v2/").partition("/")[0] if path.startswith("/api/v2/") else ""
    if noun in _NOT_IN_RULEMINT:
        return f"Rulemint has no {noun}, because its tokens are for machines only: {MIGRATING}"
    if path.startswith("/api/v2/"):
        return "There is nothing at this path: /docs/api lists all that there is"
    if path.startswith(_OF_USERS):
        return f"Nobody logs in here, because tokens are for machines only: {MIGRATING}"
    if path.startswith(_OF_WEBTASKS):
        return "This call of webtasks is not served: docs/webtask-cli.md says what differs"
    return "There is nothing at this path"
