# pypi: loguru>=0.7
# kind: logs
# gives: "logged"
from loguru import logger


def rule(client, scope, audience, context):
    logger.info("a token for {}", client["id"])
    return {"used": "logged"}
