# pypi: PyYAML>=6
# kind: text
# cannot: there is no pure wheel of it; use ruamel.yaml
import yaml


def rule(client, scope, audience, context):
    return {"used": yaml.safe_load("plans: [free, gold]")}
