# pypi: itsdangerous>=2
# kind: tokens
# gives: {"plan": "gold"}
from itsdangerous import URLSafeTimedSerializer

serializer = URLSafeTimedSerializer("a secret")


def rule(client, scope, audience, context):
    return {"used": serializer.loads(serializer.dumps({"plan": "gold"}), max_age=60)}
