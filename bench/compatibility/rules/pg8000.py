# pypi: pg8000>=1.31
# kind: database
# cannot: it needs a socket; put an HTTP API before the database
import pg8000.native


def rule(client, scope, audience, context):
    return {"used": pg8000.native.Connection("u", host="db.acme.test").run("select plan from accounts")[0][0]}
