# pypi: pymongo>=4
# kind: database
# cannot: it has compiled parts, and needs a socket; put an HTTP API before the database
import pymongo


def rule(client, scope, audience, context):
    return {"used": pymongo.MongoClient("db.acme.test").plans.accounts.find_one()["plan"]}
