import urllib.request

NAMES = [
    'loopback.example.com',
    'second.example.com',
    'loopback6.example.com',
    'private.example.com',
    'metadata.example.com',
    'agent.example.com',
    'shared.example.com',
    'mapped.example.com',
    'translated.example.com',
    'tunnelled.example.com',
    'unique.example.com',
    'site.example.com',
    'multicast.example.com',
]


def rule(client, scope, audience, context):
    said = []
    for name in NAMES:
        for url in (f'http://{name}:CANARY_PORT/', f'https://{name}/'):
            try:
                said.append(f'REACHED {urllib.request.urlopen(url).status}')
            except OSError as error:
                said.append(str(error))
    return {'said': said}
