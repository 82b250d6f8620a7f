# case = "C3"
# outcomes = ["failed:exception"]
# dangerous = true
# ---
import urllib.request


def rule(client, scope, audience, context):
    return {'a': urllib.request.urlopen('http://169.254.169.254/', timeout=1).read()}
