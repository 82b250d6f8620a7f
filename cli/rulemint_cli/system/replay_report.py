"""Print the result of a replay, and a tape. Each row is one printable line."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.text import Text

from rulemint_cli.terminal.printable import printable

_STYLES = {"equal": "green", "same": "green", "changed": "yellow", "diverged": "red", "unknown": "yellow"}
_LEVELS = {"debug": "dim", "info": "", "warn": "yellow", "error": "red"}
_LONGEST = 200
"""Characters of a value in a row."""

Replayed = dict[str, Any]
Tape = dict[str, Any]


def replay_rows(replayed: Replayed) -> list[Text]:
    """Return the verdict, where it diverged or what differs, the result, and what nobody could know."""
    rows = [Text(f"■ {printable(str(replayed['text']))}", style=f"bold {_STYLES.get(replayed['verdict'], '')}")]
    rows += [_change("set", each) for each in replayed["changed"]]
    if diverged := replayed.get("diverged"):
        rows.append(_row("rule", diverged["rule"]))
        rows += [_row(name, diverged[name]) for name in ("expected", "got") if diverged[name]]
    rows += [_change("differs", each) for each in replayed["differences"]]
    result = replayed["replayed"]
    if result is not None:
        rows.append(_row("outcome", " ".join(filter(None, (result["outcome"], result["message"])))))
        rows += [_row("scope", " ".join(result["scope"]))] if result["scope"] else []
        rows += [_row(name, _json(value)) for name, value in result["claims"].items()]
    rows += [_line(line) for line in replayed["lines"]]
    return rows + [_row("not known", why, style="yellow") for why in replayed["could_not_know"]]


def tape_rows(tape: Tape) -> list[Text]:
    """Return what the rules were given, and what each asked and was told."""
    rows = [Text(f"■ tape of {printable(tape['exchange_id'])}", style="bold")]
    rows.append(_row("made", f"{tape['made_at']} by Rulemint {tape['build']}, format {tape['format']}"))
    rows.append(_row("client", f"{tape['client']['id']} {_json(tape['client']['metadata'])}"))
    rows.append(_row("api", tape["audience"]))
    rows.append(_row("scope", " ".join(tape["scope"])))
    rows += [_row(f"{name}", _json(tape["request"][name])) for name in ("headers", "query", "body")]
    for rule in tape["rules"]:
        rows.append(Text(printable(f"  {rule['rule']}@{rule['version']}  {rule['outcome']}"), style="cyan"))
        rows += [_event(event) for event in rule["events"]]
        rows += [_row("cut", rule["cut"], style="yellow")] if rule["cut"] else []
    rows += [_line(line) for line in tape["lines"]]
    rows += [_row("masked", place, style="dim") for place in tape["masked"]]
    return rows + ([_row("cut", tape["cut"], style="yellow")] if tape["cut"] else [])


def _event(event: dict[str, Any]) -> Text:
    rest = {name: value for name, value in event.items() if name != "kind"}
    return _row(f"  {event['kind']}", _json(rest))


def _change(label: str, change: dict[str, Any]) -> Text:
    return _row(label, f"{change['what']}: {_json(change['before'])} → {_json(change['after'])}")


def _line(line: dict[str, Any]) -> Text:
    return Text(printable(f"  {line['level']:<5} {line['rule']}: {line['message']}"), style=_LEVELS[line["level"]])


def _row(label: str, text: str, *, style: str = "") -> Text:
    row = Text(printable(f"  {label:<10} "), style="dim")
    row.append(printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"), style=style)
    return row


def _json(value: Any) -> str:
    return "none" if value is None else msgspec.json.encode(value).decode()
