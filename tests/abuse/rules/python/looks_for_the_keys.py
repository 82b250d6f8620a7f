# case = "A17"
# outcomes = ["failed:exception"]
# log = "PermissionError: none of them"
# ---
import os
import sys


def rule(client, scope, audience, context):
    program = os.path.dirname(next(each for each in sys.orig_argv if each.endswith('main.py')))
    assert 'main.py' in os.listdir(program)  # its own program is public
    around = [os.path.join(program, *['..'] * depth, '.env') for depth in range(6)]
    flat = ('', 'master.key', 'runner.key', 'valkey.password', 'admin.json', 'run/valkey.conf', 'valkey/appendonlydir')
    names = (*flat, 'keys/master.key', 'runner-key/runner.key', 'password/valkey.password')
    for path in (*around, *(f'KEYS_FOLDER/{name}' for name in names), '/var/lib/rulemint/state/admin.json'):
        for attempt in (os.listdir, open):
            try:
                return {'a': str(attempt(path))}
            except OSError:
                pass
    raise PermissionError('none of them')
