"""What a host costs: its start, its first and its next invocations, its memory, its end; contained, and not.

``python -m bench.hosts`` alternates between a spawner that contains and one whose launcher does nothing but exec, so
that a change of the machine's speed meets both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.command import run
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnerProcess, open_sandbox
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_runner.self_check.single_run import run_once
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import MAX_RESULT_BYTES, Language
from rulemint_shared.deadline import Deadline

RESULTS = Path(__file__).parent / "results"
SCRIPTS = {
    Language.JAVASCRIPT: "export default () => ({ plan: 'gold' })",
    Language.PYTHON: "def rule(client, scope, audience, context):\n    return {'plan': 'gold'}",
}
LOOPS = {
    Language.JAVASCRIPT: "export default () => { for (;;); }",
    Language.PYTHON: "def rule(client, scope, audience, context):\n    while True: pass",
}
BARE = """
import rulemint_runner.sandbox.launch as launch
kept = ("_take_own_process_group", "_take_stdio", "_close_everything_else")
launch.STEPS = tuple(step for step in launch.STEPS if step.__name__ in kept)
from rulemint_runner.sandbox.spawner import main
main()
"""
DEADLINE_S = 0.2


@dataclass
class Figures:
    """Every measured value, by language, containment and name."""

    values: dict[tuple[Language, bool, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, language: Language, name: str, value: float, *, contained: bool) -> None:
        """Keep one measured *value*."""
        self.values[language, contained, name].append(value)

    def median(self, language: Language, name: str, *, contained: bool) -> float:
        """The median of what was kept under *name*."""
        return statistics.median(self.values[language, contained, name])


async def measure(rounds: int, invocations: int) -> Figures:
    """Alternate between contained and bare hosts, *rounds* times."""
    figures = Figures()
    languages = Languages()
    setup = Setup(visible=languages.visible_files())
    spawners = SpawnerProcess(setup), SpawnerProcess(program=("-c", BARE))
    async with open_sandbox(spawners[0]) as contained, open_sandbox(spawners[1]) as bare:
        for done in range(rounds):
            for is_contained, sandbox in ((True, contained), (False, bare)):
                for language in SCRIPTS:
                    await _one_host(figures, sandbox, languages, language, invocations, contained=is_contained)
            sys.stderr.write(f"\rround {done + 1} of {rounds}")
    sys.stderr.write("\n")
    return figures


async def _one_host(
    figures: Figures, sandbox: Sandbox, languages: Languages, language: Language, invocations: int, *, contained: bool
) -> None:
    def note(name: str, value: float) -> None:
        figures.add(language, name, value, contained=contained)

    began_s = time.perf_counter()
    host = await start_host(sandbox, languages.program(language))
    note("start, ms", _ms_since(began_s))
    began_s = time.perf_counter()
    await _load(host, language, SCRIPTS[language])
    await _run(host, 0)
    note("load and first invocation, ms", _ms_since(began_s))
    for number in range(1, invocations):
        began_s = time.perf_counter()
        await _run(host, number)
        note("warm invocation, µs", _ms_since(began_s) * 1000)
    note("private memory, MB", host.private_bytes() / 1e6)
    host.kill(FailureReason.INTERRUPTED, "measured")
    await host.ended.wait()
    note("kill to reaped, ms", await _kill(await start_host(sandbox, languages.program(language)), language))


async def _kill(host: Host, language: Language) -> float:
    """Milliseconds from the deadline of a loop until its process has been reaped."""
    await _load(host, language, LOOPS[language])
    deadline = Deadline.after(DEADLINE_S)
    try:
        await run_once(host, _frame(0), deadline, _ignore, _nowhere)
    except HostEndedError:
        await host.ended.wait()
    return -deadline.remaining_s() * 1000


async def _load(host: Host, language: Language, script: str) -> None:
    load = frames.Load(
        file=f"rule.{language.suffix}",
        language=language,
        script=script,
        secrets={},
        result_bytes=MAX_RESULT_BYTES,
    )
    await host.load(load, Deadline.after(10), _ignore)


async def _run(host: Host, number: int) -> None:
    await run_once(host, _frame(number), Deadline.after(10), _ignore, _nowhere)
    await host.idle()


def _frame(number: int) -> frames.Run:
    return frames.Run(
        n=number, client={}, scope=["read"], audience="https://api/", context={"ip": "", "userAgent": "", "body": {}}
    )


async def _nowhere(call: frames.Call) -> frames.Reply:
    return frames.Reply(id=call.id, error="nowhere")


def _ignore(_line: frames.Line) -> None:
    """Nothing is written here."""


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000


def show(figures: Figures) -> None:
    """Print the medians side by side."""
    table = Table(title="A host: medians, contained and not")
    for heading in ("language", "what", "contained", "not contained"):
        table.add_column(heading, justify="left" if heading in {"language", "what"} else "right")
    for language in SCRIPTS:
        for name in dict.fromkeys(name for _, _, name in figures.values):
            both = [f"{figures.median(language, name, contained=contained):.2f}" for contained in (True, False)]
            table.add_row(language, name, *both)
    Console().print(table)


def main() -> int:
    """Measure, print, and write ``bench/results/hosts.json``."""
    parser = argparse.ArgumentParser(prog="bench.hosts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="hosts of each kind (default: 10)")
    parser.add_argument("--invocations", type=int, default=500, help="invocations of each host (default: 500)")
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.rounds, arguments.invocations))
    show(figures)
    RESULTS.mkdir(exist_ok=True)
    rows = [
        {"language": language, "contained": contained, "what": name, "median": statistics.median(values)}
        for (language, contained, name), values in figures.values.items()
    ]
    (RESULTS / "hosts.json").write_text(json.dumps(rows, indent=2))
    return 0


if __name__ == "__main__":
    run(main)
