import threading


def rule(client, scope, audience, context):
    threading.Thread(target=print).start()
