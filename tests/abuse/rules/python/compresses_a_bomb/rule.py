import zlib


def rule(client, scope, audience, context):
    packed = zlib.compress(bytes(10_000_000), 9)
    return {'a': len([zlib.decompress(packed) for _ in range(1_000)])}
