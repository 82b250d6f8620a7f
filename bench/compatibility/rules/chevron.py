# pypi: chevron>=0.14
# kind: text
# gives: "Hello Acme"
import chevron


def rule(client, scope, audience, context):
    return {"used": chevron.render("Hello {{ name }}", {"name": "Acme"})}
