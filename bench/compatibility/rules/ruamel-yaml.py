# pypi: ruamel.yaml>=0.18
# kind: text
# gives: {"plans": ["free", "gold"]}
from ruamel.yaml import YAML


def rule(client, scope, audience, context):
    return {"used": YAML(typ="safe", pure=True).load("plans: [free, gold]")}
