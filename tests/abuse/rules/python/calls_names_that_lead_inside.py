# case = "D7 D6 D23"
# outcomes = ["granted"]
# log = "leads to an address that is not public"
# never = "REACHED"
# allow_hosts = [
#   "http://loopback.example.com:CANARY_PORT",
#   "loopback.example.com",
#   "http://second.example.com:CANARY_PORT",
#   "second.example.com",
#   "http://loopback6.example.com:CANARY_PORT",
#   "loopback6.example.com",
#   "http://private.example.com:CANARY_PORT",
#   "private.example.com",
#   "http://metadata.example.com:CANARY_PORT",
#   "metadata.example.com",
#   "http://agent.example.com:CANARY_PORT",
#   "agent.example.com",
#   "http://shared.example.com:CANARY_PORT",
#   "shared.example.com",
#   "http://mapped.example.com:CANARY_PORT",
#   "mapped.example.com",
#   "http://translated.example.com:CANARY_PORT",
#   "translated.example.com",
#   "http://tunnelled.example.com:CANARY_PORT",
#   "tunnelled.example.com",
#   "http://unique.example.com:CANARY_PORT",
#   "unique.example.com",
#   "http://site.example.com:CANARY_PORT",
#   "site.example.com",
#   "http://multicast.example.com:CANARY_PORT",
#   "multicast.example.com",
# ]
# ---
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
