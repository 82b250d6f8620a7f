"""Print token requests: one as a row of a list, and all about one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.text import Text

from rulemint_cli.system.waterfall import waterfall_rows
from rulemint_cli.terminal.printable import printable

ENDING = 8
"""Characters of an id that a row shows; `rulemint exchanges show` takes them."""
GRANTED = "granted"
_STYLES = {"granted": "green", "denied": "yellow", "refused": "yellow"}
_LEVELS = {"debug": "dim", "info": "", "warn": "yellow", "error": "red"}

Exchange = dict[str, Any]


def short(exchange_id: str) -> str:
    """Return the end of *exchange_id*, which stands for it in rows."""
    return exchange_id[-ENDING:]


def row_of(exchange: Exchange) -> Text:
    """Return one row: when, the end of the id, outcome, who asked for what, which rules ran, and the reason."""
    outcome = str(exchange["outcome"])
    row = Text()
    row.append(f"{_when(exchange['started_at_ms'])[:19]}  ", style="dim")
    row.append(f"{short(str(exchange['id']))}  ", style="bold")
    row.append(printable(f"{outcome:<8}"), style=_style(outcome))
    row.append(printable(f"  {_who(exchange)} → {exchange.get('audience') or '?'}"))
    if exchange["rules"]:
        row.append(
            printable("  " + " ".join(f"{each['rule']}@{each['version']}" for each in exchange["rules"])), style="cyan"
        )
    if reason := _reason(exchange):
        row.append(printable(f"  {reason}"))
    if exchange.get("more_like_it"):
        row.append(f"  and {exchange['more_like_it']} more like it", style="dim")
    row.append(f"  {exchange['timings']['total_ms']:.1f} ms", style="dim")
    return row


def report(exchange: Exchange) -> list[Text]:
    """Return all about one token request. Each row is one printable line."""
    outcome = str(exchange["outcome"])
    headline = Text(f"■ {printable(outcome)}", style=f"bold {_style(outcome)}")
    headline.append(f"  HTTP {exchange['status']}  {exchange['timings']['total_ms']:.1f} ms", style="dim")
    rows = [headline]
    known = {
        "error": " ".join(filter(None, (exchange.get("error"), _in_brackets(exchange.get("error_description"))))),
        "detail": _first_line(exchange.get("detail")),
        "id": exchange["id"],
        "began": _when(exchange["started_at_ms"]),
        "client": _who(exchange),
        "secret": exchange.get("secret_name"),
        "api": exchange.get("audience"),
        "asked for": " ".join(exchange["scope_asked"]),
        "granted": " ".join(exchange["scope_granted"]),
        "token": _token(exchange),
        "stale": f"of the answer of {_when(exchange['stale_since_ms'])}" if exchange.get("stale_since_ms") else "",
        "from": f"{exchange['ip']}  {exchange['user_agent']}".strip(),
        "trace": exchange.get("trace_id"),
        "config": f"revision {exchange['config_revision']}" if exchange.get("config_revision") else "",
        "not run": _not_run(exchange),
    }
    rows += [_field(name, str(value)) for name, value in known.items() if value]
    rows += [row for each in exchange["rules"] for row in _rule_rows(each)]
    rows += [_call_row(call) for call in exchange["calls"]]
    rows += [row for line in exchange["lines"] for row in _line_rows(line)]
    if exchange["lines_left_out"]:
        rows.append(_field("log", f"{exchange['lines_left_out']} more lines were left out", style="yellow"))
    return [*rows, *waterfall_rows(exchange)]


def _style(outcome: str) -> str:
    return _STYLES.get(outcome.partition(":")[0], "red")


def _when(started_at_ms: int) -> str:
    moment = datetime.fromtimestamp(started_at_ms / 1000, UTC)
    return moment.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")


def _who(exchange: Exchange) -> str:
    return str(exchange.get("client_id") or "nobody")


def _reason(exchange: Exchange) -> str:
    """Return why there is no token: what the operator may know, or else what the client was told."""
    if exchange["outcome"] == GRANTED and not exchange.get("error"):
        return ""
    return _first_line(exchange.get("detail")) or str(exchange.get("error_description") or "")


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _in_brackets(text: str | None) -> str:
    return f"({text})" if text else ""


def _token(exchange: Exchange) -> str:
    if not exchange.get("jti"):
        return ""
    until = f"  until {_when(exchange['exp'] * 1_000)[:19]}" if exchange.get("exp") else ""
    return f"{exchange['jti']}{until}"


def _not_run(exchange: Exchange) -> str:
    """Return the rules of the flow that none came to, because an earlier one had the last word."""
    rest = exchange.get("flow", [])[len(exchange["rules"]) :]
    return " ".join(f"{each['rule']}@{each['version']}" for each in rest)


def _rule_rows(report: dict[str, Any]) -> list[Text]:
    """Return what one rule did to the token."""
    row = _field("rule", f"{report['rule']}@{report['version']}", style="cyan")
    row.append(f"  {report['duration_ms']:.1f} ms", style="dim")
    if at := report.get("ended_at"):
        row.append(f"  ended at line {at['line']}" + (f", column {at['column']}" if at["column"] else ""), style="red")
    if on := report.get("ran_on"):
        row.append(f"  {printable(on['engine'])}, host {on['host']} after {on['runs_before']} runs", style="dim")
    changes = [*(f"+{scope}" for scope in report["scope_added"]), *(f"-{scope}" for scope in report["scope_removed"])]
    rows = [row]
    if changes:
        rows.append(_field("", f"scope {' '.join(changes)}"))
    rows += [
        _field("", f"{name} {msgspec.json.encode(value).decode()}") for name, value in report["claims_set"].items()
    ]
    return rows + [_field("", f"left out {each['name']}: {each['why']}", style="yellow") for each in report["dropped"]]


def _call_row(call: dict[str, Any]) -> Text:
    ended = call["error"] if call["status"] is None else str(call["status"])
    row = _field("↗", f"{call['method']} {call['host']} → {ended}", style="red" if call["status"] is None else "")
    return row.append(f"  {call['duration_ms']:.1f} ms", style="dim")


def _line_rows(line: dict[str, Any]) -> list[Text]:
    """Return one row for each line of a log line's text."""
    level = str(line["level"])
    return [
        _field(level if number == 0 else "", text, style=_LEVELS.get(level, ""))
        for number, text in enumerate(line["message"].split("\n"))
    ]


def _field(name: str, text: str, *, style: str = "") -> Text:
    return Text(f"  {name:<9}  ", style="dim").append(printable(text), style=style or "default")
