"""``python -m bench.canaries``: how often the verdict on a canary is wrong, by simulated steps.

A step has 25 % of the requests, a minimum of 100 and a tolerance of 1 point, and is looked at every 20 requests.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from random import Random
from typing import NamedTuple

from rich.table import Table

from bench import command
from rulemint_gateway.management.rollouts.verdicts import Word, verdict_on
from rulemint_gateway.stores.traffic.rollout_counts import Ended, Side, Totals
from rulemint_shared.contract.rollouts import Rollout, RolloutKind

ROLLOUT = Rollout(id="r", kind=RolloutKind.CANARY, version=2, old_version=1, steps=(25.0, 100.0), minimum=100)
_EVERY = 20
_MOST = 20_000
"""Requests of a step that has no verdict by then."""


class Case(NamedTuple):
    """What is simulated: how often requests are refused, and what one client of the new version is like."""

    old: float
    new: float
    clients: int = 20
    """Of the new version; each asks as often."""
    of_one: float = 0.0
    """The part of the new version's requests that are of one more client, which is always refused."""

    @property
    def name(self) -> str:
        """Name it for the table."""
        one = f", {self.of_one:.0%} of one that is always refused" if self.of_one else ""
        return f"{self.old:.0%} → {self.new:.0%}, {self.clients} clients{one}"


CASES = [
    *(Case(rate, rate) for rate in (0.0, 0.01, 0.1, 0.5)),
    *(Case(old, new) for old, new in ((0.0, 0.02), (0.0, 0.05), (0.01, 0.06), (0.1, 0.15), (0.1, 0.2), (0.5, 0.6))),
    *(Case(0.0, 1.0, clients) for clients in (20, 5, 2, 1)),
    *(Case(0.1, 0.2, clients) for clients in (5, 2)),
    *(Case(0.01, 0.01, 20, of_one) for of_one in (0.05, 0.2, 0.6)),
    *(Case(0.0, 0.1, 20, of_one) for of_one in (0.05, 0.2)),
]


class Run(NamedTuple):
    """The end of a step: its verdict, and how many requests of the canary there were until then."""

    word: Word
    requests: int


def run(case: Case, random: Random, *, all_alike: bool) -> Run:
    """Simulate a step. *all_alike*: nobody knows whose the requests are, as in earlier versions."""
    new, old = Ended(), Ended()
    clients: Counter[tuple[int, bool]] = Counter()
    for number in range(1, _MOST + 1):
        if random.random() * 100 >= ROLLOUT.share:
            old = old.plus(Ended(1, 0, int(random.random() < case.old)))
        else:
            is_one = random.random() < case.of_one
            client = -1 if is_one else random.randrange(case.clients)
            is_refused = is_one or random.random() < case.new
            new = new.plus(Ended(1, 0, int(is_refused)))
            clients[client, is_refused] += 1
        if number % _EVERY:
            continue
        totals = Totals({(0, Side.NEW): new, (0, Side.OLD): old}, {}, _told(clients, all_alike=all_alike))
        word = verdict_on(ROLLOUT, totals).word
        if word is not Word.TOO_FEW:
            return Run(word, new.requests)
    return Run(Word.TOO_FEW, new.requests)


def _told(clients: Counter[tuple[int, bool]], *, all_alike: bool) -> dict[tuple[int, str], Ended]:
    if all_alike:
        return {}
    refused = {client for client, is_refused in clients if is_refused}
    return {
        (0, str(client)): Ended(clients[client, True] + clients[client, False], 0, clients[client, True])
        for client in refused
    }


def main() -> int:
    """Simulate, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.canaries", description=__doc__)
    parser.add_argument("--steps", type=command.number, default=400, help="of each line (default: 400)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tell = command.progress()
    columns = ("fails", "passes", "waits", "canary requests until it failed", "fails if all count alike")
    table = Table("refused, old → new", *columns)
    for case in CASES:
        random = Random(given.seed)  # noqa: S311  # a simulation
        runs = [run(case, random, all_alike=False) for _ in range(given.steps)]
        before = [run(case, random, all_alike=True) for _ in range(given.steps)]
        failed = [each.requests for each in runs if each.word is Word.FAIL]
        table.add_row(
            case.name,
            *(_share(runs, word) for word in (Word.FAIL, Word.PASS, Word.TOO_FEW)),
            f"{statistics.median(failed):.0f}" if failed else "",
            _share(before, Word.FAIL),
        )
        tell(case.name)
    command.output().print(table)
    return 0


def _share(runs: list[Run], word: Word) -> str:
    return f"{sum(each.word is word for each in runs) / len(runs):.1%}"


if __name__ == "__main__":
    command.run(main)
