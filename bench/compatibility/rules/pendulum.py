# pypi: pendulum>=3
# kind: dates
# gives: "2026-07-01T14:00:00+02:00"
import pendulum


def rule(client, scope, audience, context):
    return {"used": pendulum.datetime(2026, 7, 1, 12).in_timezone("Europe/Zurich").to_iso8601_string()}
