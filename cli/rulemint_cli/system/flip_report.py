"""Print the smallest change that was found, or what was tried in vain. Each row is one printable line."""

from __future__ import annotations

import shlex
from typing import Any

import msgspec
from rich.text import Text

from rulemint_cli.terminal.printable import printable

_LONGEST, _INPUTS = 160, 12
"""Characters of a value in a row, and inputs that are named."""

Flipped = dict[str, Any]


def flip_rows(found: Flipped) -> list[Text]:
    """Return the result, each change, what it makes different, what was tried, and what nobody could know."""
    style = "green" if found["found"] else "yellow"
    rows = [Text(f"■ {printable(str(found['text']))}", style=f"bold {style}")]
    rows += [_change("change", each) for each in found["changed"]]
    rows += [_change("differs", each) for each in found["differences"]]
    if found["set"]:
        changes = " ".join(f"--set {shlex.quote(each)}" for each in found["set"])
        rows.append(_row("again", f"rulemint exchanges replay {shlex.quote(found['exchange_id'])} ") + changes)
    rows += _tried(found["tried"], shows_inputs=not found["found"])
    return rows + [_row("not known", why, style="yellow") for why in found["could_not_know"]]


def _tried(tried: dict[str, Any], *, shows_inputs: bool) -> list[Text]:
    replays, ways = _counted(tried["runs"], "replay"), _counted(tried["ways"], "way")
    rows = [_row("tried", f"{replays}, which took {ways} through the rules")]
    if not shows_inputs:
        return rows
    named = [f"{each['what']} ({each['requests']})" for each in tried["inputs"]]
    more = f" and {len(named) - _INPUTS} more" if len(named) > _INPUTS else ""
    rows.append(_row("", f"{', '.join(named[:_INPUTS]) or 'the rules read nothing that could be changed'}{more}"))
    return rows


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _change(label: str, change: dict[str, Any]) -> Text:
    return _row(label, f"{change['what']}: {_json(change['before'])} → {_json(change['after'])}")


def _row(label: str, text: str, *, style: str = "") -> Text:
    row = Text(printable(f"  {label:<10} "), style="dim")
    row.append(printable(text), style=style)
    return row


def _json(value: Any) -> str:
    return "none" if value is None else msgspec.json.encode(value).decode()[:_LONGEST]
