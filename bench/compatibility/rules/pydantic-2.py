# pypi: pydantic>=2
# kind: validation
# cannot: it needs pydantic-core, which has compiled parts; use pydantic 1 or attrs
from pydantic import BaseModel


class Account(BaseModel):
    plan: str


def rule(client, scope, audience, context):
    return {"used": Account.model_validate({"plan": "gold"}).model_dump()}
