"""Print a backtest: what it covers first, then what the draft changes, by kind and client."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.text import Text

from rulemint_cli.rules.backtesting import Backtest
from rulemint_cli.terminal.printable import printable

_STYLES = {
    "newly_denied": "red",
    "newly_failed": "red",
    "scope_lost": "red",
    "newly_granted": "yellow",
    "scope_gained": "yellow",
    "slower": "yellow",
}
_LONGEST = 80
"""Characters of a value in a row."""
_CHANGES = 3
"""Of an example, as a row shows them."""


def backtest_rows(result: Backtest) -> list[Text]:
    """Return the rows. Each is one printable line."""
    coverage = result["coverage"]
    rows = [Text(f"■ {printable(result['rule'])}: {_verdict(result)}", style="bold")]
    rows.append(_row("coverage", _covered(coverage)))
    rows += [_row("not known", why, style="yellow") for why in coverage["reasons"]]
    if result["noisy"]:
        rows.append(_row("noise", f"{result['noisy']} differ with the old version alone: what does is left out"))
    for group in result["groups"]:
        name = group["client_name"] or group["client_id"]
        rows.append(
            _row(group["kind"].replace("_", " "), f"{group['count']} of {name}", style=_STYLES.get(group["kind"], ""))
        )
        rows += [_example(example) for example in group["examples"]]
    return rows


def _verdict(result: Backtest) -> str:
    replayed = result["coverage"]["replayed"]
    if not replayed:
        return "nothing was replayed, so nothing is known"
    changed = replayed - result["unchanged"]
    if not changed:
        return f"the draft changes none of {replayed} token requests"
    return f"the draft changes {changed} of {replayed} token requests"


def _covered(coverage: dict[str, Any]) -> str:
    requests = f"{coverage['requests']}{' or more' if coverage['has_more'] else ''}"
    parts = [f"{coverage['replayed']} replayed", f"{coverage['without_tape']} without a tape"]
    parts += [f"{coverage['cut']} cut"] if coverage["cut"] else []
    parts += [f"{coverage['unknown']} not known"] if coverage["unknown"] else []
    return f"{requests} token requests: {', '.join(parts)}"


def _example(example: dict[str, Any]) -> Text:
    changes = [
        f"{each['what']}: {_json(each['before'])} → {_json(each['after'])}" for each in example["changes"][:_CHANGES]
    ]
    more = len(example["changes"]) - _CHANGES
    return _row("", f"{example['exchange_id']}  {'; '.join(changes)}{f'; and {more} more' if more > 0 else ''}")


def _row(label: str, text: str, *, style: str = "") -> Text:
    return Text(printable(f"  {label:<16} "), style="dim").append(printable(text), style=style)


def _json(value: Any) -> str:
    text = "none" if value is None else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
