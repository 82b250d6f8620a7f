# case = "B11"
# outcomes = ["granted", "failed:output_flood", "failed:timeout"]
# ---
import gc
import sys


def rule(client, scope, audience, context):
    for name, module in list(sys.modules.items()):
        print(name, {key: value for key, value in vars(module).items() if isinstance(value, (str, bytes, int))})
    for thing in gc.get_objects():
        if isinstance(thing, (dict, list, tuple, set)):
            print(str(thing)[:2000])
    return {}
