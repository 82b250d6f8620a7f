"""Refuses clients that are suspended, and admin scopes for all but administrators."""

from rulemint import AccessDenied, InvalidScope


def rule(client, scope, audience, context):
    if client["metadata"].get("status") == "suspended":
        raise AccessDenied("this client is suspended: ask support to lift it")
    admin = [name for name in scope if name.startswith("admin:")]
    if admin and client["metadata"].get("role") != "admin":
        raise InvalidScope(f"for administrators only: {' '.join(admin)}")
    return {"scope": scope}
