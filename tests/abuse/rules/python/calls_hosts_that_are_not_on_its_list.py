# case = "D2 D3 D4 D5 D6 D14 D15"
# outcomes = ["granted"]
# never = "REACHED"
# allow_hosts = ["api.example.com"]
# ---
from rulemint import fetch

URLS = [
    'http://api.example.com/',
    'https://evil.example.com/',
    'https://api.example.com.evil.com/',
    'https://a.api.example.com/',
    'https://api.example.com:6379/',
    'https://api.example.com:22/',
    'https://api.example.com:99999/',
    'https://user:password@evil.example.com/',
    'https://api.example.com@127.0.0.1/',
    'https://127.0.0.1:CANARY_PORT/',
    'http://127.0.0.1:CANARY_PORT/',
    'https://[::1]/',
    'https://localhost/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://metadata.google.internal/',
    'file:///etc/passwd',
    'gopher://api.example.com/',
    'unix:///var/run/docker.sock',
    'ftp://api.example.com/',
]


def rule(client, scope, audience, context):
    said = []
    for url in URLS:
        try:
            said.append(f'REACHED {url} {fetch(url).status}')
        except OSError as error:
            said.append(str(error)[:100])
    return {'said': said}
