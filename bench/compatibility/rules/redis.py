# pypi: redis>=5
# kind: database
# cannot: it needs a socket; put an HTTP API before the database
import redis


def rule(client, scope, audience, context):
    return {"used": redis.Redis("cache.acme.test").get("plan")}
