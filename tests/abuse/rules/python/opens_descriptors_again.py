# case = "A19"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import os


def rule(client, scope, audience, context):
    opened = []
    for number in range(64):
        try:
            again = os.open(f'/proc/self/fd/{number}', os.O_RDONLY)
        except OSError:
            continue
        if os.fstat(again).st_rdev != os.makedev(1, 3):  # the null device may be opened
            opened.append(number)
    assert not opened, opened
    raise PermissionError('none')
