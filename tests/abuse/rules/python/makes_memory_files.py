# case = "A14"
# outcomes = ["failed:exception"]
# ---
import os


def rule(client, scope, audience, context):
    os.posix_fallocate(os.memfd_create('x'), 0, 1 << 30)
