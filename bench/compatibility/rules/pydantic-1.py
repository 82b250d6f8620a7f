# pypi: pydantic>=1.10,<2
# kind: validation
# gives: {"plan": "gold", "seats": 3}
from typing import ClassVar, Optional

from pydantic import BaseModel, ValidationError, validator


class Account(BaseModel):
    version: ClassVar[int] = 1
    plan: str
    seats: Optional[int] = None

    @validator("plan")
    def is_known(cls, value):
        assert value in {"free", "gold"}
        return value


def rule(client, scope, audience, context):
    try:
        Account(plan="silver")
    except ValidationError:
        return {"used": Account.parse_obj({"plan": "gold", "seats": "3"}).dict()}
