# case = "I7"
# outcomes = ["granted"]
# never = "TOO LATE"
# times = 4
# ---
import asyncio
import atexit
import signal

atexit.register(print, 'TOO LATE')


async def later():
    await asyncio.sleep(0.01)
    print('TOO LATE')


async def rule(client, scope, audience, context):
    asyncio.ensure_future(later())
    signal.signal(signal.SIGALRM, lambda *_: print('TOO LATE'))
    return {}
