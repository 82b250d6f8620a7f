"""Show what a deployment would change: the text as a coloured diff, one row for each field and secret."""

from __future__ import annotations

from rich.text import Text

from rulemint_cli.rules.deployment import Deployment
from rulemint_cli.terminal.differences import change_rows, diff_lines, diff_rows, row


def deployment_rows(deployment: Deployment) -> list[Text]:
    """Return the rows. There are none if nothing changes."""
    old = deployment.existing or {}
    version = f"{deployment.wanted.name}@{old['version']}" if "version" in old else "/dev/null"
    rows = []
    if "script" in deployment.changes:
        rows += diff_rows(
            diff_lines(
                str(old.get("script", "")), deployment.changes["script"], old=version, new=deployment.wanted.name
            )
        )
    rows += change_rows({name: (old.get(name), new) for name, new in deployment.changes.items() if name != "script"})
    for name in deployment.wanted.secrets:
        rows.append(row(f"secret {name}: {'replaced' if name in deployment.known_secrets else 'new'}", "yellow"))
    return rows
