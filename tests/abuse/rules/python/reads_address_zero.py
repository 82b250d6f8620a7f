# case = "M1"
# outcomes = ["failed:crashed"]
# ---
import ctypes


def rule(client, scope, audience, context):
    ctypes.string_at(0)
