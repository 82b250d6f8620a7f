"""``python -m bench.replays.cost``: the processor time of a token with and without tapes, in turns of one system."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from rich.table import Table

from bench import command
from bench.asking import Asking
from bench.load import Request
from bench.replays.fuzzing import Api, Place, a_redis
from bench.system import System, family, started_system
from rulemint_shared.secrets.vault import Vault

WAYS: dict[str, dict[str, object]] = {
    "none recorded": {"failures": False, "one_in": 0},
    "failures recorded, no tape": {"failures": True, "one_in": 0},
    "the default": {"failures": True, "one_in": 100},
    "a tape of each": {"failures": False, "one_in": 1},
}
RULES = {
    "javascript": "export default ({ client }) => ({ plan: client.metadata.plan });",
    "python": "def rule(client, scope, audience, context):\n    return {'plan': client['metadata'].get('plan')}\n",
}
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_WARM_UP = 200


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.replays.cost", description=__doc__)
    parser.add_argument("--rounds", type=command.number, default=6)
    parser.add_argument("--tokens", type=command.number, default=1_000, help="of each way in each round")
    given = parser.parse_args()
    tell = command.progress()
    table = Table("processor time of a token", *RULES)
    with tempfile.TemporaryDirectory(prefix="rulemint-cost-") as name:
        data = Path(name) / "data"
        with started_system({}, data_dir=data) as system, a_redis(data) as redis:
            api = Api(Place(system.url, system.admin, redis, Vault.from_file(data / "master.key"), ""))
            client = api.client("gold")
            found = {language: _measured(api, system, client, language, given, tell) for language in RULES}
    for way in WAYS:
        table.add_row(way, *(_cell(found[language], way) for language in RULES))
    command.output().print(table)
    return 0


def _measured(
    api: Api,
    system: System,
    client: dict[str, str],
    language: str,
    given: argparse.Namespace,
    tell: Callable[[str], None],
) -> dict[str, list[float]]:
    """Way → the µs of a token in each round."""
    made = api.call("POST", "rules", {"name": language, "language": language, "script": RULES[language]})
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    request = Request(url=f"{system.url}/oauth/token", host="localhost", body=urlencode(client))
    with Asking(request) as asking:
        for number in range(given.rounds):
            for way in WAYS if number % 2 else reversed(WAYS):
                api.call("PATCH", "tenants/settings", {"tapes": WAYS[way]})
                for _ in range(_WARM_UP):
                    asking.token()
                before_s = processor_s(system)
                for _ in range(given.tokens):
                    asking.token()
                times[way].append((processor_s(system) - before_s) / given.tokens * 1e6)
            tell(f"{language}: round {number + 1} of {given.rounds}")
    api.call("DELETE", f"rules/{made['id']}")
    return times


def _cell(times: dict[str, list[float]], way: str) -> str:
    """The median, and how much more than without any recording each round took (median)."""
    base = times["none recorded"]
    more = statistics.median(each / before - 1 for each, before in zip(times[way], base, strict=True))
    return f"{statistics.median(times[way]):.0f} µs ({more:+.1%})"


def processor_s(system: System) -> float:
    """The processor time of all processes of *system* so far; one that ended is no longer in it."""
    total = 0.0
    for pid in family(system.process.pid):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            total += (int(fields[11]) + int(fields[12])) * _TICK_S
    return total


if __name__ == "__main__":
    command.run(main)
