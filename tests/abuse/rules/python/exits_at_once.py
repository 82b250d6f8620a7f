# case = "M1"
# outcomes = ["failed:crashed"]
# ---
import ctypes


def rule(client, scope, audience, context):
    ctypes.CDLL(None)._exit(3)
