"""What ``rulemint rules deploy`` shows before it asks: the text as a coloured diff, fields and secrets a row each."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from rulemint_cli.console import printable
from rulemint_cli.deployment import Deployment, diff_lines
from rulemint_cli.output import spelled

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_TAB = 4


def deployment_rows(deployment: Deployment) -> list[Text]:
    """The rows; none if nothing changes."""
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
        rows.append(_row(f"secret {name}: {'replaced' if name in deployment.known_secrets else 'new'}", "yellow"))
    return rows


def change_rows(changes: Mapping[str, tuple[object, object]]) -> list[Text]:
    """The fields that differ: what each was and is."""
    return [_row(f"{name}: {_shown(old)} → {_shown(new)}", "yellow") for name, (old, new) in changes.items()]


def diff_rows(lines: list[str]) -> list[Text]:
    """A diff, coloured."""
    return [_row(line, "bold" if line.startswith(("+++", "---")) else _STYLES.get(line[:1], "")) for line in lines]


def _shown(value: object) -> str:
    return "(none)" if value in (None, [], {}) else spelled(value)


def _row(line: str, style: str) -> Text:
    return Text(printable(line.expandtabs(_TAB)), style=style)
