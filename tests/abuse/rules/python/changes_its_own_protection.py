# case = "F4"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import ctypes


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = []
    for name, arguments in {'dumpable': (4, 1), 'ptracer': (0x59616D61, -1), 'seccomp': (22, 2, 0), 'ambient': (47, 2, 21),
                            'securebits': (28, 0), 'keepcaps': (8, 1), 'subreaper': (36, 1), 'mm': (35, 1, 0, 0),
                            'speculation': (53, 0, 0), 'no death signal': (1, 0)}.items():
        if libc.prctl(*arguments, *[0] * (5 - len(arguments))) != -1:
            allowed.append(name)
    assert not allowed, allowed
    raise PermissionError('none')
