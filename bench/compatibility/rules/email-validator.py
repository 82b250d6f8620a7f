# pypi: email-validator>=2
# kind: validation
# gives: "A@acme.com"
from email_validator import validate_email


def rule(client, scope, audience, context):
    return {"used": validate_email("A@ACME.com", check_deliverability=False).normalized}
