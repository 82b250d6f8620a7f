# pypi: numpy>=1.26
# kind: data
# cannot: it is compiled
import numpy


def rule(client, scope, audience, context):
    return {"used": float(numpy.mean([1, 2, 3]))}
