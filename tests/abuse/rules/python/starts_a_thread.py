# case = "E7"
# outcomes = ["failed:exception"]
# log = "can't start new thread"
# ---
import threading


def rule(client, scope, audience, context):
    threading.Thread(target=print).start()
