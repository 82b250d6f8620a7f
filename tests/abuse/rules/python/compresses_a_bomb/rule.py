import zlib


def rule(client, scope, audience, context):
    packed = zlib.compress(bytes(50_000_000), 9)
    return {'a': len(b''.join(zlib.decompress(packed) for _ in range(100)))}
