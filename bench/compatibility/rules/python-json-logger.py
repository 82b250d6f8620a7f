# pypi: python-json-logger>=3
# kind: logs
# gives: "logged"
import logging

from pythonjsonlogger.json import JsonFormatter

log = logging.getLogger("rule")
handler = logging.StreamHandler()
handler.setFormatter(JsonFormatter())
log.addHandler(handler)


def rule(client, scope, audience, context):
    log.warning("a token", extra={"client": client["id"]})
    return {"used": "logged"}
