# pypi: structlog>=24
# kind: logs
# gives: "logged"
import structlog

log = structlog.get_logger()


def rule(client, scope, audience, context):
    log.bind(client=client["id"]).info("a token")
    return {"used": "logged"}
