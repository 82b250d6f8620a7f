# pypi: backoff>=2
# kind: flow
# gives: "in time"
import backoff

tries = []


@backoff.on_exception(backoff.expo, OSError, max_tries=3, factor=0.01)
async def second_time():
    tries.append(1)
    if len(tries) % 2:
        raise OSError("not yet")
    return "in time"


async def rule(client, scope, audience, context):
    return {"used": await second_time()}
