# pypi: gql>=3 httpx>=0.27
# kind: HTTP
# answers: {"data": {"account": {"plan": "gold"}}}
# gives: "gold"
from gql import Client, gql
from gql.transport.httpx import HTTPXTransport


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    session = Client(transport=HTTPXTransport(url=f"{service}/graphql"))
    return {"used": session.execute(gql("{ account { plan } }"))["account"]["plan"]}
