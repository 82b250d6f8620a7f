# pypi: Jinja2>=3
# kind: text
# cannot: it needs MarkupSafe, of which there is no pure wheel; use string.Template or chevron
from jinja2 import Template


def rule(client, scope, audience, context):
    return {"used": Template("Hello {{ name }}").render(name="Acme")}
