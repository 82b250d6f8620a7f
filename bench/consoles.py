"""``python -m bench.consoles``: what open consoles cost those who ask for tokens, and how soon the page is there.

A system of its own gives 500 tokens a second (``--rate``; 0: as many as there are), without and with 20 open consoles
in turns, so that both see the same machine. Each is a session that asks as an open Overview and watches as an open Logs
page do (`bench.open_consoles`). Then Chromium opens the page, each time with nothing kept. On a machine that others use
too, compare the processor time of a token before tokens per second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
from rich.table import Table

from bench import command, paced, table
from bench.first_view import View, views
from bench.load import Loaded, Request, load_generator
from bench.processes import processor_us
from bench.subjects.rules import flows
from bench.system import System, started_system
from bench.tenants import create, log_in, make_client

CONNECTIONS = 32
WARM_UP_S = 3
AT_MOST_FEWER = 0.03
AT_MOST_MS = 1_000.0
AT_MOST_BYTES = 300_000
LAST_WORDS_S = 30


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of load."""

    consoles: int
    per_second: float
    p50_ms: float
    p99_ms: float
    processor_us: dict[str, float]
    """Kind of process → processor time for each token."""
    seen: dict[str, int]
    """What the consoles saw in it and in its warm-up."""

    @property
    def token_us(self) -> float:
        """Processor time of a token."""
        return sum(self.processor_us.values())


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    origin: table.Origin
    fewer_tokens: float
    """The median of the rounds: what is missing with consoles, as a part of the tokens without."""
    more_processor: float
    """The same for the processor time of a token that comes on top."""
    first_view: list[View]
    turns: list[Turn]


def main() -> int:
    """Measure, print and write; 0 if it is as fast and as small as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m bench.consoles", description=__doc__)
    command.add_turns(parser, "consoles.json", seconds=10)
    parser.add_argument("--consoles", type=command.number, default=20)
    parser.add_argument("--rate", type=int, default=500, help="tokens a second; 0: as many as there are (500)")
    parser.add_argument("--views", type=command.number, default=5, help="times that Chromium opens the page (5)")
    given = parser.parse_args()
    if given.rate:
        paced.require()
    load = "hey" if given.rate else load_generator(given.load).name
    origin = table.origin(command=command.written("consoles"), load=load)
    with started_system({}) as system:
        request = asyncio.run(_prepared(system))
        _load(request, given, WARM_UP_S)
        turns = _turns(system, request, given)
        views_ = asyncio.run(views(system.url, system.admin, given.views))
    report = _report(origin, turns, views_)
    table.write(report, given.into, _as_markdown(report))
    command.output().print(_as_table(report))
    return 0 if all(_verdicts(report).values()) else 1


async def _prepared(system: System) -> Request:
    async with aiohttp.ClientSession() as session:
        headers = await log_in(session, system.url, system.admin, {})
        for rule in flows(0)["javascript"].rules:
            await create(session, system.url, "rules", rule, headers)
        form = await make_client(session, system.url, headers)
    return Request(url=f"{system.url}/oauth/token", host=urlsplit(system.url).netloc, body=urlencode(form))


def _turns(system: System, request: Request, given: argparse.Namespace) -> list[Turn]:
    tell = command.progress()
    turns: list[Turn] = []
    for number in range(given.rounds):
        for consoles in (0, given.consoles) if number % 2 else (given.consoles, 0):
            turns.append(_turn(system, request, given, consoles))
            tell(f"round {number + 1}, {consoles} consoles: {turns[-1].per_second:.0f}/s, {turns[-1].token_us:.0f} µs")
    return turns


def _turn(system: System, request: Request, given: argparse.Namespace, consoles: int) -> Turn:
    seen: dict[str, int] = {}
    with _open_consoles(system, consoles, seen):
        _load(request, given, WARM_UP_S)
        before = processor_us([system.process.pid])
        loaded = _load(request, given, given.seconds)
        used = processor_us([system.process.pid])
    return Turn(
        consoles=consoles,
        per_second=round(loaded.per_second, 1),
        p50_ms=loaded.p50_ms,
        p99_ms=loaded.p99_ms,
        processor_us={kind: round((used[kind] - before[kind]) / loaded.tokens, 1) for kind in used},
        seen=seen,
    )


def _load(request: Request, given: argparse.Namespace, seconds: int) -> Loaded:
    if given.rate:
        loaded = paced.ask(request, rate=given.rate, connections=CONNECTIONS, seconds=seconds)
    else:
        loaded = load_generator(given.load).run(request, connections=CONNECTIONS, seconds=seconds)
    if loaded.failed or not loaded.tokens:
        raise SystemExit(f"{loaded.failed} requests got no token")
    return loaded


@contextmanager
def _open_consoles(system: System, consoles: int, seen: dict[str, int]) -> Iterator[None]:
    """So many in a process of their own; at the end *seen* has what they saw."""
    if not consoles:
        yield
        return
    argv = [sys.executable, "-m", "bench.open_consoles", system.url, str(consoles)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the consoles did not start")
        process.stdin.write(json.dumps(system.admin) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "ready\n":
            raise SystemExit("the consoles are not let in")
        yield
        said, _ = process.communicate("enough\n", timeout=LAST_WORDS_S)
    seen.update(json.loads(said))
    if seen["refused"] or seen["closed"] or seen["broken"]:
        raise SystemExit(f"the consoles did not see all: {seen}")


def _report(origin: table.Origin, turns: list[Turn], first_view: list[View]) -> Report:
    without = [turn for turn in turns if not turn.consoles]
    opened = [turn for turn in turns if turn.consoles]
    pairs = list(zip(without, opened, strict=True))
    return Report(
        origin=origin,
        fewer_tokens=round(statistics.median(1 - after.per_second / before.per_second for before, after in pairs), 4),
        more_processor=round(statistics.median(after.token_us / before.token_us - 1 for before, after in pairs), 4),
        first_view=first_view,
        turns=turns,
    )


def _rows(report: Report) -> list[tuple[str, ...]]:
    rows = []
    for consoles in sorted({turn.consoles for turn in report.turns}):
        turns = [turn for turn in report.turns if turn.consoles == consoles]
        kinds = {kind: statistics.median(turn.processor_us.get(kind, 0) for turn in turns) for kind in _kinds(turns)}
        figures = (
            statistics.median(getattr(turn, name) for turn in turns) for name in ("per_second", "p50_ms", "p99_ms")
        )
        cells = (f"{consoles} open consoles", *(f"{figure:.1f}" for figure in figures))
        spent = ", ".join(f"{kind} {us:.0f}" for kind, us in kinds.items() if us >= 1)
        rows.append((*cells, f"{statistics.median(turn.token_us for turn in turns):.0f}", spent))
    return rows


def _kinds(turns: list[Turn]) -> list[str]:
    return sorted({kind for turn in turns for kind in turn.processor_us})


_COLUMNS = ("what", "tokens/s", "p50 ms", "p99 ms", "CPU µs/token", table.KINDS)


def _verdicts(report: Report) -> dict[str, bool]:
    """A sentence → does it hold?"""
    shown_ms = statistics.median(view.shown_ms for view in report.first_view)
    sent = max(view.sent_bytes for view in report.first_view)
    return {
        f"{report.fewer_tokens:+.1%} fewer tokens, at most {AT_MOST_FEWER:.0%}": report.fewer_tokens < AT_MOST_FEWER,
        f"first view in {shown_ms:.0f} ms, at most {AT_MOST_MS:.0f}": shown_ms < AT_MOST_MS,
        f"{sent / 1000:.0f} kB over the wire, at most {AT_MOST_BYTES / 1000:.0f}": sent < AT_MOST_BYTES,
    }


def _said(report: Report) -> list[str]:
    lines = [f"{'ok' if holds else 'NOT REACHED'}: {text}" for text, holds in _verdicts(report).items()]
    return [*lines, f"processor time of a token: {report.more_processor:+.1%}"]


def _as_table(report: Report) -> Table:
    shown = Table(*_COLUMNS, title=report.origin.machine, caption="\n".join(_said(report)), caption_justify="left")
    for row in _rows(report):
        shown.add_row(*row)
    return shown


def _as_markdown(report: Report) -> str:
    figures = table.table_as_markdown(_COLUMNS, _rows(report))
    items = "\n".join(f"- {line}" for line in _said(report))
    return f"{table.origin_as_markdown(report.origin)}\n\n{figures}\n\n{items}\n"


if __name__ == "__main__":
    command.run(main)
