"""Show which gateways and runners are alive, and how many jobs wait (``rulemint status``)."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from rulemint_cli.terminal.output import Output, field


def show_status(output: Output, found: dict[str, Any]) -> None:
    """Print *found*, the system's answer."""
    if output.as_json:
        output.json(found)
        return
    runners = found["runners"]
    output.text(
        _row("gateways", str(len(found["gateways"]))),
        _row("runners", str(len(runners)), alarm=not runners),
        _row("hosts", f"{_sum(runners, 'hosts')}, {_sum(runners, 'busy_hosts')} busy"),
        _row("queue", f"{found['queue_depth']} jobs wait, {_sum(runners, 'invocations')} invocations under way"),
        *(_row("shards", _fewer(found, each), alarm=True) for each in _serving_fewer(found)),
        *(_row("clock", _wrong(each), alarm=True) for each in found.get("wrong_clocks", ())),
    )
    if lost := _sum(runners, "lost_log_records"):
        output.text(_row("lost", f"{lost} log records: their readers were told", alarm=True))
    if runners:
        output.text("")
        output.table(
            {
                "runner": field("name"),
                "contains rules": _contained,
                "hosts": field("hosts"),
                "busy": field("busy_hosts"),
            },
            runners,
        )


def _row(name: str, value: str, *, alarm: bool = False) -> Text:
    return Text(f"{name:<10}").append(value, style="bold red" if alarm else "")


def _wrong(clock: dict[str, Any]) -> str:
    ahead_s = clock["seconds_ahead"]
    return (
        f"WRONG: {clock['name']} is {abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} Valkey: correct it"
    )


def _serving_fewer(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the runners that serve fewer shards of the queue than the gateway is set to use."""
    return [each for each in found["runners"] if each.get("queue_shards", 1) < found.get("queue_shards", 1)]


def _fewer(found: dict[str, Any], runner: dict[str, Any]) -> str:
    return (
        f"WRONG: {runner['name']} serves {runner.get('queue_shards', 1)} shards of the queue, but gateways are set to "
        f"use {found['queue_shards']}: give RULEMINT_QUEUE_SHARDS the same value everywhere"
    )


def _sum(runners: list[dict[str, Any]], name: str) -> int:
    return sum(runner.get(name, 0) for runner in runners)


def _contained(runner: dict[str, Any]) -> str | Text:
    return "yes" if runner["contained"] else Text("NO", style="bold red")
