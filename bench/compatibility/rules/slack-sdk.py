# pypi: slack-sdk>=3
# kind: service
# answers: {"ok": true, "ts": "1.5"}
# gives: "1.5"
from slack_sdk import WebClient


def rule(client, scope, audience, context):
    slack = WebClient(token="xoxb-1", base_url=f"{context['webtask']['secrets']['TLS_SERVICE']}/api/")
    return {"used": slack.chat_postMessage(channel="C1", text=f"a token for {client['name']}")["ts"]}
