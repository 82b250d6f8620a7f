# pypi: netaddr>=1
# kind: addresses
# gives: [true, "10.0.0.0/23"]
from netaddr import IPAddress, IPNetwork, cidr_merge


def rule(client, scope, audience, context):
    merged = cidr_merge([IPNetwork("10.0.0.0/24"), IPNetwork("10.0.1.0/24")])
    return {"used": [IPAddress("10.1.2.3") in IPNetwork("10.0.0.0/8"), str(merged[0])]}
