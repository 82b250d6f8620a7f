# pypi: rich>=13
# kind: logs
# gives: "printed"
from rich.console import Console
from rich.table import Table


def rule(client, scope, audience, context):
    table = Table("client", "plan")
    table.add_row(client["id"], "gold")
    Console().print(table)
    return {"used": "printed"}
