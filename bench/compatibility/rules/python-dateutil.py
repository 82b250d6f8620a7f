# pypi: python-dateutil>=2
# kind: dates
# gives: ["2026-02-28", "2026-07-01T14:00:00+02:00"]
from datetime import datetime, timezone

from dateutil import parser, tz
from dateutil.relativedelta import relativedelta


def rule(client, scope, audience, context):
    later = parser.parse("31 January 2026").date() + relativedelta(months=1)
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc).astimezone(tz.gettz("Europe/Zurich"))
    return {"used": [later.isoformat(), noon.isoformat()]}
