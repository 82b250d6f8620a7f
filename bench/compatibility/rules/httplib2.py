# pypi: httplib2>=0.22
# kind: HTTP
# answers: {"plan": "gold"}
# gives: "gold"
import json

import httplib2


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    _answer, content = httplib2.Http(timeout=1).request(f"{service}/accounts")
    return {"used": json.loads(content)["plan"]}
