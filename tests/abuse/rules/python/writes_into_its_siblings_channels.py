# case = "E11"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# never = "FORGED LINE"
# dangerous = true
# ---
import os


def rule(client, scope, audience, context):
    opened, own = [], os.getpid()
    for pid in range(max(1, own - 200), own + 200):
        for number in range(0 if pid != own else 8, 8):
            for way in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY):
                try:
                    descriptor = os.open(f'/proc/{pid}/fd/{number}', way | os.O_NONBLOCK)
                except OSError:
                    continue
                opened.append((pid, number))
                os.write(descriptor, b'FORGED LINE')
    assert not opened, opened
    raise PermissionError('none')
