# pypi: twilio>=9
# kind: service
# cannot: it is larger than all packages of a rule may be; call its HTTP API with requests
from twilio.rest import Client


def rule(client, scope, audience, context):
    return {"used": Client("AC1", "secret").messages.create(to="+41", from_="+41", body="hello").sid}
