# pypi: marshmallow>=3
# kind: validation
# gives: {"email": ["Not a valid email address."]}
from marshmallow import Schema, fields


class Account(Schema):
    email = fields.Email()


def rule(client, scope, audience, context):
    return {"used": Account().validate({"email": "nobody"})}
