# pypi: boto3>=1.34
# kind: service
# answers: {"SecretString": "gold"}
# gives: "gold"
import boto3


def rule(client, scope, audience, context):
    manager = boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        endpoint_url=context["webtask"]["secrets"]["TLS_SERVICE"],
        aws_access_key_id="AKIA1",
        aws_secret_access_key="secret",
    )
    return {"used": manager.get_secret_value(SecretId="plan")["SecretString"]}
