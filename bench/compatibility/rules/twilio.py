# pypi: twilio>=9
# kind: service
# answers: {"sid": "SM1"}
# gives: "SM1"
from twilio.rest import Client


def rule(client, scope, audience, context):
    twilio = Client("AC1", "secret")
    twilio.api.base_url = context["webtask"]["secrets"]["TLS_SERVICE"]
    return {"used": twilio.messages.create(to="+41", from_="+41", body="hello").sid}
