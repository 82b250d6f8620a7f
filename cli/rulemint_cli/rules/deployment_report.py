"""Show what a deployment would change: the text as a coloured diff, one row for each field and secret."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from rulemint_cli.rules.deployment_plan import Deployment
from rulemint_cli.terminal.differences import change_rows, diff_lines, diff_rows, row
from rulemint_shared.cases.differences import is_equal


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
    others = {name: new for name, new in deployment.changes.items() if name not in {"script", "cases"}}
    rows += change_rows({name: (old.get(name), new) for name, new in others.items()})
    if "cases" in deployment.changes:
        rows += _case_rows(old.get("cases") or [], deployment.changes["cases"])
    for name in deployment.wanted.secrets:
        rows.append(row(f"secret {name}: {'replaced' if name in deployment.known_secrets else 'new'}", "yellow"))
    return rows


def _case_rows(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Text]:
    """Return one row for each case that is new, gone or changed."""
    old, new = ({case["name"]: case for case in cases} for cases in (before, after))
    rows = [row(f"case - {name}", "red") for name in old if name not in new]
    rows += [row(f"case + {name}", "green") for name in new if name not in old]
    changed = [name for name in new if name in old and not is_equal(old[name], new[name])]
    return rows + [row(f"case ~ {name}", "yellow") for name in changed]
