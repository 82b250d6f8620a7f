# pypi: tenacity>=9
# kind: flow
# gives: 3
from tenacity import retry, stop_after_attempt, wait_fixed

tries = []


@retry(stop=stop_after_attempt(5), wait=wait_fixed(0.01))
def third_time():
    tries.append(1)
    if len(tries) % 3:
        raise OSError("not yet")
    return 3


def rule(client, scope, audience, context):
    return {"used": third_time()}
