# case = "E2"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# dangerous = true
# ---
import multiprocessing
import os
import pty


def rule(client, scope, audience, context):
    started = []
    ways = {'system': lambda: os.system('id') != 0, 'popen': lambda: os.popen('id').read() == '', 'pty': lambda: pty.fork() and True,
            'spawn': lambda: os.posix_spawn('/bin/true', ['true'], {}), 'execv': lambda: os.execv('/bin/true', ['true']),
            'multiprocessing': lambda: multiprocessing.Process(target=print).start()}
    for name, way in ways.items():
        try:
            refused = way()
        except OSError:
            continue
        if refused is not True:
            started.append(name)
    assert not started, started
    raise PermissionError('none')
