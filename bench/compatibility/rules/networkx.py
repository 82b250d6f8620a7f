# pypi: networkx>=3
# kind: data
# gives: ["acme", "emea", "reports"]
import networkx


def rule(client, scope, audience, context):
    graph = networkx.DiGraph([("acme", "emea"), ("emea", "reports"), ("acme", "apac")])
    return {"used": networkx.shortest_path(graph, "acme", "reports")}
