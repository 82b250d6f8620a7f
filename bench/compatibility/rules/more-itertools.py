# pypi: more-itertools>=10
# kind: data
# gives: [[1, 2], [3]]
from more_itertools import chunked


def rule(client, scope, audience, context):
    return {"used": list(chunked([1, 2, 3], 2))}
