"""Processor time of one invocation in a host, when so many hosts take turns: the others have emptied its caches.

``python -m bench.cold_hosts`` starts contained hosts and gives each an invocation, one after the other, again and
again. The work is the same for all. What rises with their number is what the processor has to fetch anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from itertools import count

from rich.table import Table

from bench.command import numbers, output, run
from bench.subjects.rules import JAVASCRIPT, PYTHON
from bench.table import RESULTS
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

SCRIPTS = {Language.JAVASCRIPT: JAVASCRIPT, Language.PYTHON: PYTHON}
WARM_UP_TURNS = 12
INVOCATIONS = 200
"""Of all hosts together in a round, at least."""
WITHIN_S = 10.0
CLIENT = {"id": "c_bench", "name": "bench", "tenant": "bench", "metadata": {}}
BODY = {"grant_type": "client_credentials", "client_id": "c_bench", "audience": "https://es256.bench.test/"}


class Hosts:
    """Hosts of one language, each with the rule of the bench."""

    def __init__(self, hosts: list[Host]) -> None:
        self._hosts = hosts
        self._numbers = count(1)

    @classmethod
    async def started(cls, sandbox: Sandbox, languages: Languages, language: Language, many: int) -> Hosts:
        """*many* of them, warmed up."""
        load = frames.Load(
            file=f"rule.{language.suffix}",
            language=language,
            script=SCRIPTS[language],
            secrets={},
            result_bytes=MAX_RESULT_BYTES,
        )
        hosts = [await start_host(sandbox, languages.program(language)) for _ in range(many)]
        for host in hosts:
            await host.load(load, Deadline.after(WITHIN_S), _ignore)
        started = cls(hosts)
        for _ in range(WARM_UP_TURNS):
            await started.take_turns()
        return started

    async def take_turns(self) -> None:
        """Each runs one invocation."""
        for host in self._hosts:
            context = {"ip": "127.0.0.1", "userAgent": "bench", "body": BODY}
            frame = frames.Run(
                n=next(self._numbers),
                client=CLIENT,
                scope=["read", "write"],
                audience=BODY["audience"],
                context=context,
            )
            await run_once(host, frame, Deadline.after(WITHIN_S), _ignore, _nowhere)
            await host.idle()

    async def invocation_us(self) -> float:
        """Processor time of one, the mean of a round."""
        turns = -(-INVOCATIONS // len(self._hosts))
        before_us = self._used_us()
        for _ in range(turns):
            await self.take_turns()
        return (self._used_us() - before_us) / (turns * len(self._hosts))

    async def end(self) -> None:
        """Let them go."""
        for host in self._hosts:
            host.kill(FailureReason.INTERRUPTED, "measured")
        for host in self._hosts:
            await host.ended.wait()

    def _used_us(self) -> float:
        return sum(host.clock_s() for host in self._hosts) * 1e6


async def measure(counts: list[int], rounds: int) -> dict[str, dict[int, float]]:
    """Language → number of hosts → processor time of an invocation in µs, the median of *rounds*."""
    languages = Languages()
    figures: dict[str, dict[int, float]] = {}
    async with open_sandbox(SpawnerProcess(Setup(visible=languages.visible_files()))) as sandbox:
        for language in SCRIPTS:
            for many in counts:
                hosts = await Hosts.started(sandbox, languages, language, many)
                used_us = [await hosts.invocation_us() for _ in range(rounds)]
                await hosts.end()
                figures.setdefault(str(language), {})[many] = round(statistics.median(used_us), 1)
    return figures


async def _nowhere(call: frames.Call) -> frames.Reply:
    return frames.Reply(id=call.id, error="nowhere")


def _ignore(_line: frames.Line) -> None:
    """Nothing is written here."""


def main() -> int:
    """Measure, print, and write ``bench/results/cold_hosts.json``."""
    parser = argparse.ArgumentParser(prog="bench.cold_hosts", description=__doc__)
    parser.add_argument("--hosts", type=numbers, default=[1, 2, 4, 8, 16, 32], help="default: 1,2,4,8,16,32")
    parser.add_argument("--rounds", type=int, default=8, help="of 200 invocations at least (default: 8)")
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.hosts, arguments.rounds))
    shown = Table(title="Processor time of an invocation in a host, µs, when so many hosts take turns")
    for heading in ("language", *map(str, arguments.hosts)):
        shown.add_column(heading, justify="left" if heading == "language" else "right")
    for language, of_counts in figures.items():
        shown.add_row(language, *(f"{us:.0f}" for us in of_counts.values()))
    output().print(shown)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cold_hosts.json").write_text(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    run(main)
