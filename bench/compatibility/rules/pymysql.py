# pypi: PyMySQL>=1
# kind: database
# cannot: it needs a socket; put an HTTP API before the database
import pymysql


def rule(client, scope, audience, context):
    return {"used": pymysql.connect(host="db.acme.test", user="u", password="p").db}
