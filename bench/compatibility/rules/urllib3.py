# pypi: urllib3>=2
# kind: HTTP
# answers: {"plan": "gold"}
# gives: "gold"
import urllib3

pool = urllib3.PoolManager(retries=urllib3.Retry(2, backoff_factor=0.1), timeout=1)


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    return {"used": pool.request("GET", f"{service}/accounts", fields={"id": client["id"]}).json()["plan"]}
