# pypi: dnspython>=2
# kind: addresses
# gives: ["192.0.2.1", "mx1.acme.test."]
import dns.message
import dns.rdatatype
import dns.zone

ZONE = """
@ 3600 IN SOA ns1 admin 1 2 3 4 5
@ 3600 IN NS ns1
@ 3600 IN MX 10 mx1
www 3600 IN A 192.0.2.1
"""


def rule(client, scope, audience, context):
    zone = dns.zone.from_text(ZONE, origin="acme.test.", relativize=False)
    query = dns.message.from_wire(dns.message.make_query("www.acme.test.", "A").to_wire())
    found = zone.find_rdataset(query.question[0].name, query.question[0].rdtype)
    mail = zone.find_rdataset("acme.test.", "MX")
    return {"used": [found[0].address, str(mail[0].exchange)]}
