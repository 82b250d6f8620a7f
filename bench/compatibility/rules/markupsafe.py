# pypi: MarkupSafe>=2
# kind: text
# cannot: there is no pure wheel of it; use html.escape
from markupsafe import Markup, escape


def rule(client, scope, audience, context):
    return {"used": str(Markup("<b>%s</b>") % escape("<Acme>"))}
