"""``python -m bench.flips``: 50 generated rules with a known flip; how many are found, and how long each takes."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rich.table import Table

from bench import command
from bench.flips.generating import Flippable, flippable
from bench.replays.fuzzing import Api, Place, a_redis
from bench.system import started_system
from rulemint_shared.secrets.vault import Vault

WITHIN_S, WANTED = 2.0, 0.9


class Searched(NamedTuple):
    """One rule that was looked at."""

    rule: Flippable
    found: dict[str, Any]
    took_s: float


def main() -> int:
    """Search, and print a table; the status is 1 if fewer than nine of ten were found within two seconds."""
    parser = argparse.ArgumentParser(prog="python -m bench.flips", description=__doc__)
    parser.add_argument("--rules", type=command.number, default=50)
    parser.add_argument("--seed", type=int, default=1, help="the same makes the same rules (default: 1)")
    parser.add_argument("--show", action="store_true", help="print the rules for which nothing was found")
    given = parser.parse_args()
    random = Random(given.seed)  # noqa: S311  # the same for the same seed
    tell = command.progress()
    searched = []
    with tempfile.TemporaryDirectory(prefix="rulemint-flips-") as name:
        data = Path(name) / "data"
        with started_system({}, data_dir=data) as system, a_redis(data) as redis:
            api = Api(Place(system.url, system.admin, redis, Vault.from_file(data / "master.key"), ""))
            for number in range(given.rules):
                searched.append(_searched(api, flippable(random, number), number))
                tell(f"{number + 1} of {given.rules}: {searched[-1].rule.kind}: {searched[-1].found['text']}")
    return _report(searched, show=given.show)


def _searched(api: Api, rule: Flippable, number: int) -> Searched:
    client = api.client(f"{number}", metadata=rule.metadata)
    made = api.call("POST", "rules", {"name": f"rule {number}", "language": rule.language, "script": rule.script})
    try:
        exchange = api.exchange(client)
        began_s = time.perf_counter()
        found = api.call("POST", f"exchanges/{exchange}/flip", {"want": rule.want})
        return Searched(rule, found, time.perf_counter() - began_s)
    finally:
        api.call("DELETE", f"rules/{made['id']}")


def _report(searched: list[Searched], *, show: bool) -> int:
    console = command.output()
    table = Table("condition", "language", "found", "replays", "s", "change")
    for rule, found, took_s in searched:
        change = " and ".join(found["set"]) or found["text"]
        is_found = "yes" if found["found"] else "no"
        table.add_row(rule.kind, rule.language, is_found, str(found["tried"]["runs"]), f"{took_s:.2f}", change)
    console.print(table)
    good = [each for each in searched if each.found["found"] and each.took_s < WITHIN_S]
    times_s = [each.took_s for each in searched if each.found["found"]]
    counts = Counter("found" if each.found["found"] else "not found" for each in searched)
    console.print(
        f"flips: {counts['found']} of {len(searched)} found, {len(good)} within {WITHIN_S:g} s each; "
        f"median {statistics.median(times_s or [0]):.2f} s, longest {max(times_s, default=0):.2f} s"
    )
    if show:
        for each in searched:
            if not each.found["found"]:
                console.print(f"{each.rule}\n{each.rule.script}\n{each.found}", markup=False)
    return 0 if len(good) >= WANTED * len(searched) else 1


if __name__ == "__main__":
    command.run(main)
