# pypi: sentry-sdk>=2
# kind: service
# answers: {"id": "e1"}
# cannot: it sends in a thread, and a rule has none; call the HTTP API of the service with requests
import sentry_sdk


def rule(client, scope, audience, context):
    secrets = context["webtask"]["secrets"]
    sentry_sdk.init(f"https://key@{secrets['HOST']}:{secrets['TLS_PORT']}/1")
    event = sentry_sdk.capture_exception(ValueError("no plan"))
    sentry_sdk.flush(2)
    return {"used": bool(event)}
