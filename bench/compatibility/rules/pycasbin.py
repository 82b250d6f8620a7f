# pypi: pycasbin>=1.30
# kind: policy
# gives: [true, false]
import casbin

MODEL = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
"""


def rule(client, scope, audience, context):
    model = casbin.Model()
    model.load_model_from_text(MODEL)
    enforcer = casbin.Enforcer(model)
    enforcer.add_policy("acme", "reports", "read")
    return {"used": [enforcer.enforce("acme", "reports", "read"), enforcer.enforce("acme", "reports", "write")]}
