# case = "K6"
# outcomes = ["granted"]
# never = "TOO LATE"
# times = 3
# ---
import asyncio
import atexit
import gc
import sys


class Late:
    def __del__(self):
        print('TOO LATE')


async def rule(client, scope, audience, context):
    atexit.register(lambda: print('TOO LATE'))
    loop = asyncio.get_running_loop()
    loop.call_later(0.01, print, 'TOO LATE')
    sys.settrace(None)
    keep = Late()
    gc.callbacks.append(lambda *_: keep)
    return {}
