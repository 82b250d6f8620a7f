"""Show which gateways and runners are alive, and how many jobs wait (``rulemint status``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.text import Text

from rulemint_cli.terminal.output import Output, field
from rulemint_cli.terminal.printable import printable
from rulemint_cli.terminal.program import as_called_here


def show_status(output: Output, found: dict[str, Any]) -> None:
    """Print *found*, the system's answer."""
    if output.as_json:
        output.json(found)
        return
    runners = found["runners"]
    output.text(*(_wrong(each) for each in problems_of(found)))
    output.text(
        _row("gateways", str(len(found["gateways"]))),
        _row("runners", str(len(runners)), alarm=not runners),
        _row("hosts", f"{_sum(runners, 'hosts')}, {_sum(runners, 'busy_hosts')} busy"),
        _row("queue", f"{found['queue_depth']} jobs wait, {_sum(runners, 'invocations')} invocations under way"),
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


def _wrong(problem: Problem) -> Text:
    return Text(printable(f"WRONG: {problem.what}: {as_called_here(problem.advice)}"), style="bold red")


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with a system, and what to do."""

    what: str
    advice: str


def problems_of(found: dict[str, Any]) -> list[Problem]:
    """Return what is wrong in *found*, a system's status, the worst first."""
    runners = found["runners"]
    problems = []
    if not found["gateways"]:
        problems.append(Problem("no gateway hears the outcomes of rules", "restart the gateways"))
    if not runners:
        problems.append(Problem("no runner is alive, so no rule runs", "start one, and look at its log"))
    problems += [
        Problem(f"{each['name']} does not contain rules", "rulemint sandbox check on that machine says why")
        for each in runners
        if not each["contained"]
    ]
    wanted = found.get("queue_shards", 1)
    for each in runners:
        if (serves := each.get("queue_shards", 1)) < wanted:
            what = f"{each['name']} serves {serves} shards of the queue, but gateways are set to use {wanted}"
            problems.append(Problem(what, "give RULEMINT_QUEUE_SHARDS the same value everywhere"))
    for clock in found.get("wrong_clocks", ()):
        ahead_s = clock["seconds_ahead"]
        where = "ahead of" if ahead_s > 0 else "behind"
        problems.append(Problem(f"{clock['name']} is {abs(ahead_s):.1f} s {where} Valkey", "correct its clock"))
    return problems


def _sum(runners: list[dict[str, Any]], name: str) -> int:
    return sum(runner.get(name, 0) for runner in runners)


def _contained(runner: dict[str, Any]) -> str | Text:
    return "yes" if runner["contained"] else Text("NO", style="bold red")
