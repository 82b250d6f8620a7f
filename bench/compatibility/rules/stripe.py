# pypi: stripe>=11
# kind: service
# answers /v1/customers: {"object": "customer", "id": "cus_1", "metadata": {"plan": "gold"}}
# gives: "gold"
import stripe


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    customers = stripe.StripeClient("sk_test_1", base_addresses={"api": service}).customers
    return {"used": customers.retrieve("cus_1").metadata["plan"]}
