"""Show differences: a coloured diff of two texts, and one row for each changed field."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from rich.text import Text

from rulemint_cli.terminal.output import spelled
from rulemint_cli.terminal.printable import printable

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_TAB = 4


def diff_lines(before: str, after: str, *, old: str, new: str) -> list[str]:
    """Return the unified diff of two texts, without line ends."""
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm=""))


def change_rows(changes: Mapping[str, tuple[object, object]]) -> list[Text]:
    """Return one row for each field: its old and its new value."""
    return [row(f"{name}: {_shown(old)} → {_shown(new)}", "yellow") for name, (old, new) in changes.items()]


def diff_rows(lines: list[str]) -> list[Text]:
    """Colour the lines of a diff."""
    return [row(line, "bold" if line.startswith(("+++", "---")) else _STYLES.get(line[:1], "")) for line in lines]


def _shown(value: object) -> str:
    return "(none)" if value in (None, [], {}) else spelled(value)


def row(line: str, style: str) -> Text:
    """Return one printable line in *style*."""
    return Text(printable(line.expandtabs(_TAB)), style=style)
