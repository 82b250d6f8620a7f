# case = "J8"
# outcomes = ["failed:timeout"]
# timeout_s = 1
# ---
import gc
import os
import random
import select
import time

never = lambda *_arguments: 0
for name in ("time", "monotonic", "sleep", "perf_counter", "process_time", "clock_gettime"):
    setattr(time, name, never)
for thing in gc.get_objects():
    if type(thing).__name__ == "Clock":
        thing.begin = thing.fired = thing.wait = thing.reply_read = never
os.urandom = random.random = select.select = never


def rule(client, scope, audience, context):
    while not time.monotonic():
        pass
    return {"never": "answered"}
