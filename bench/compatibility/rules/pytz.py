# pypi: pytz>=2024
# kind: dates
# gives: "2026-07-01T14:00:00+02:00"
from datetime import datetime

import pytz


def rule(client, scope, audience, context):
    return {"used": datetime(2026, 7, 1, 12, tzinfo=pytz.utc).astimezone(pytz.timezone("Europe/Zurich")).isoformat()}
