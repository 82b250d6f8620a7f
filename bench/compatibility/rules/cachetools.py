# pypi: cachetools>=5
# kind: flow
# gives: [4, 4]
from cachetools import TTLCache, cached


@cached(TTLCache(maxsize=10, ttl=60))
def square(number):
    return number * number


def rule(client, scope, audience, context):
    return {"used": [square(2), square(2)]}
