# pypi: segment-analytics-python>=2
# kind: service
# answers: {"success": true}
# gives: true
from segment.analytics.client import Client


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    analytics = Client("k", host=service, sync_mode=True)
    sent, _message = analytics.track(client["id"], "issued")
    return {"used": sent}
