# case = "H5"
# outcomes = ["failed:out_of_memory"]
# timeout_s = 8
# ---
import zlib


def rule(client, scope, audience, context):
    packed = zlib.compress(bytes(10_000_000), 9)
    return {'a': len([zlib.decompress(packed) for _ in range(1_000)])}
