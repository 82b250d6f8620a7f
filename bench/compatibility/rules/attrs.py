# pypi: attrs>=24
# kind: validation
# gives: {"plan": "gold", "seats": 1}
from attrs import asdict, define, field, validators


@define
class Account:
    plan: str = field(validator=validators.in_({"free", "gold"}))
    seats: int = 1


def rule(client, scope, audience, context):
    return {"used": asdict(Account("gold"))}
