# pypi: tzdata>=2024
# kind: dates
# gives: "2026-07-01T14:00:00+02:00"
from datetime import datetime, timezone
from zoneinfo import ZoneInfo


def rule(client, scope, audience, context):
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
    return {"used": noon.astimezone(ZoneInfo("Europe/Zurich")).isoformat()}
