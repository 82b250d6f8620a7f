"""Puts the client's plan into the token, and what the plan allows. A client without a plan has the free one."""

PLANS = {
    "free": {"limit": 100, "scopes": ["read"]},
    "gold": {"limit": 10_000, "scopes": ["read", "write", "export"]},
}


def rule(client, scope, audience, context):
    plan = client["metadata"].get("plan")
    if plan not in PLANS:
        plan = "free"
    allowed = PLANS[plan]["scopes"]
    return {"plan": plan, "limit": PLANS[plan]["limit"], "scope": [name for name in scope if name in allowed]}
