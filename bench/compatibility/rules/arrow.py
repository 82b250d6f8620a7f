# pypi: arrow>=1
# kind: dates
# gives: ["2026-07-01T14:00:00+02:00", "vor 2 Stunden"]
import arrow


def rule(client, scope, audience, context):
    noon = arrow.get("2026-07-01T12:00:00Z")
    ago = noon.shift(hours=-2).humanize(noon, locale="de")
    return {"used": [noon.to("Europe/Zurich").isoformat(), ago]}
