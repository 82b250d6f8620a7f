# pypi: ldap3>=2
# kind: database
# cannot: it needs a socket; put an HTTP API before the directory
import ldap3


def rule(client, scope, audience, context):
    connection = ldap3.Connection(ldap3.Server("ldap.acme.test"), auto_bind=True)
    connection.search("o=acme", "(uid=1)")
    return {"used": connection.entries[0].plan.value}
