# case = "H8"
# outcomes = ["failed:out_of_memory", "failed:crashed", "failed:exception", "failed:timeout"]
# ---
import sys


def rule(client, scope, audience, context):
    sys.setrecursionlimit(10**9)

    def f(n):
        return f(n + 1)
    f(0)
