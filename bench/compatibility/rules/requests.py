# pypi: requests>=2
# kind: HTTP
# answers: {"plan": "gold"}
# gives: "gold"
import requests

session = requests.Session()


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    answer = session.post(f"{service}/accounts", json={"client": client["id"]}, timeout=1)
    answer.raise_for_status()
    return {"used": answer.json()["plan"]}
