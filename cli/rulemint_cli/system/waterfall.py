"""Draw where the time of a token request went: a bar for each step, from when it began."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from rulemint_cli.terminal.printable import printable

WIDTH = 40
"""Characters that stand for the whole request."""
NAME_WIDTH = 34
_WORDS = {
    "authenticate": "client proved",
    "gateway": "wait in the gateway",
    "queue": "wait for a runner",
    "host": "wait for a host",
    "rule": "rule",
    "runner": "the runner's own work",
    "return": "answer came back",
    "validate": "answer looked at",
    "sign": "signed",
    "answer": "the rest",
}
_WAITS = {"gateway", "queue", "host", "return"}
_CALL = "↗"


def waterfall_rows(exchange: dict[str, Any]) -> list[Text]:
    """Return one row for each step of *exchange* and each call of a rule, and the sum; none without a waterfall."""
    steps = exchange.get("waterfall") or []
    if not steps:
        return []
    total_ms = exchange["timings"]["total_ms"]
    rows = []
    for step in steps:
        style = "yellow" if step["step"] in _WAITS else "green"
        rows.append(_row(_name(step), step["began_ms"], step["duration_ms"], total_ms, style))
        rows += [
            _row(f"  {_CALL} {call['method']} {call['host']}", call["began_ms"], call["duration_ms"], total_ms, "blue")
            for call in step["calls"]
        ]
    return [*rows, _row("in all", 0.0, total_ms, total_ms, "dim")]


def _name(step: dict[str, Any]) -> str:
    name = _WORDS.get(step["step"], step["step"])
    if step["step"] == "rule":
        return f"{name} {step['rule']}@{step['version']}"
    return f"{name} ({step['start']})" if step.get("start") else name


def _row(name: str, began_ms: float, duration_ms: float, total_ms: float, style: str) -> Text:
    scale = WIDTH / max(total_ms, 0.001)
    before = min(WIDTH - 1, round(began_ms * scale))
    length = min(WIDTH - before, max(1, round(duration_ms * scale)))
    name = printable(name)
    shown = name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"
    row = Text(f"  {shown:<{NAME_WIDTH}}  ", style="dim")
    row.append(" " * before).append("█" * length, style=style).append(" " * (WIDTH - before - length))
    return row.append(f"  {duration_ms:9.3f} ms", style="dim")
