# pypi: stripe>=11
# kind: service
# cannot: requests looks for the file of authorities that the package names, and a rule has no files; call its HTTP API
import stripe


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    customers = stripe.StripeClient("sk_test_1", base_addresses={"api": service}).customers
    return {"used": customers.retrieve("cus_1").metadata["plan"]}
