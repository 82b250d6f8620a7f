# case = "A15"
# outcomes = ["failed:exception"]
# log = "PermissionError: nowhere"
# dangerous = true
# ---
import os


def rule(client, scope, audience, context):
    for folder in ('/tmp', '/dev/shm', '/var/tmp', '.', '/'):
        try:
            open(os.path.join(folder, 'rulemint-left'), 'w').write('x')
        except OSError:
            continue
        return {'wrote': folder}
    raise PermissionError('nowhere')
