# pypi: requests-aws4auth>=1.3 requests>=2
# kind: service
# answers: {"SecretString": "gold"}
# gives: "gold"
import requests
from requests_aws4auth import AWS4Auth


def rule(client, scope, audience, context):
    answer = requests.post(
        context["webtask"]["secrets"]["TLS_SERVICE"],
        json={"SecretId": "plan"},
        headers={"X-Amz-Target": "secretsmanager.GetSecretValue", "Content-Type": "application/x-amz-json-1.1"},
        auth=AWS4Auth("AKIA1", "secret", "eu-central-1", "secretsmanager"),
        timeout=2,
    )
    return {"used": answer.json()["SecretString"]}
