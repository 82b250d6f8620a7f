# pypi: Markdown>=3
# kind: text
# gives: "<p>the <strong>gold</strong> plan</p>"
import markdown


def rule(client, scope, audience, context):
    return {"used": markdown.markdown("the **gold** plan", extensions=["tables"])}
