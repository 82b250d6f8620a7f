# case = "C9"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import _socket as socket


def rule(client, scope, audience, context):
    opened = []
    for family in range(1, 46):
        for kind in (1, 2, 3, 5):
            try:
                opened.append(socket.socket(family, kind).family)
            except OSError:
                pass
    assert not opened, opened
    raise PermissionError('none')
