# case = "A11"
# outcomes = ["failed:exception"]
# log = "PermissionError: all of them"
# dangerous = true
# ---
import os


def rule(client, scope, audience, context):
    refused = 0
    for call in (lambda: os.chmod('CANARY_FILE', 0o777), lambda: os.chown('CANARY_FILE', 1, 1), lambda: os.utime('CANARY_FILE'),
                 lambda: os.rename('CANARY_FILE', 'CANARY_FOLDER/y'), lambda: os.unlink('CANARY_FILE'), lambda: os.mkdir('CANARY_FOLDER/d'),
                 lambda: os.truncate('CANARY_FILE', 0), lambda: os.link('CANARY_FILE', 'CANARY_FOLDER/l'), lambda: os.mkfifo('CANARY_FOLDER/f'),
                 lambda: os.setxattr('CANARY_FILE', 'user.a', b'x'), lambda: os.symlink('a', 'CANARY_FOLDER/s')):
        try:
            call()
        except OSError:
            refused += 1
    assert refused == 11, refused
    raise PermissionError('all of them')
