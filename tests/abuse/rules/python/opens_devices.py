# case = "A12"
# outcomes = ["failed:exception"]
# log = "PermissionError: all of them"
# dangerous = true
# ---
def rule(client, scope, audience, context):
    refused = 0
    for path in ('/dev/mem', '/dev/kmsg', '/dev/kvm', '/dev/tty', '/dev/shm/x', '/dev/fuse'):
        try:
            open(path, 'w')
        except OSError:
            refused += 1
    assert refused == 6, refused
    raise PermissionError('all of them')
