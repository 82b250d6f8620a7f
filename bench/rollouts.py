"""``python -m bench.rollouts``: what a canary and a shadow cost the live request, and how soon a canary is rolled back.

The ways take turns of one system. A client asks for one token after the other. So a shadow runs while the next token is
made, which is the moment in which it could be in the way.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.table import Table

from bench import command
from bench.asking import Asking
from bench.load import Request
from bench.replays.cost import processor_s
from bench.replays.fuzzing import TENANT, Api, Place, a_redis
from bench.subjects.subject import NoTokenError
from bench.system import System, started_system
from rulemint_shared.contract.rollouts import has_canary
from rulemint_shared.secrets.vault import Vault

WAYS: dict[str, dict[str, Any] | None] = {
    "no rollout": None,
    "a canary for half of the clients": {"kind": "canary", "steps": [50], "minimum": 1_000_000},
    "a shadow of 10 %": {"kind": "shadow", "steps": [10]},
    "a shadow of 100 %": {"kind": "shadow", "steps": [100]},
}
RULE = "export default ({ client }) => ({ plan: client.metadata.plan });"
OTHER = "export default ({ client }) => ({ plan: client.metadata.plan, more: 1 });"
BROKEN = "export default () => { throw new Error('a typo'); };"
_WARM_UP = 200
_RUNS = 3
_OF_THE_OLD = 30
_GIVES_UP_S = 30.0


def main() -> int:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.rollouts", description=__doc__)
    parser.add_argument("--rounds", type=command.number, default=6)
    parser.add_argument("--tokens", type=command.number, default=1_000, help="of each way in each round")
    parser.add_argument("--rollbacks", type=command.number, default=10)
    given = parser.parse_args()
    tell = command.progress()
    with tempfile.TemporaryDirectory(prefix="rulemint-rollouts-") as name:
        data = Path(name) / "data"
        with started_system({}, data_dir=data) as system, a_redis(data) as redis:
            api = Api(Place(system.url, system.admin, redis, Vault.from_file(data / "master.key"), ""))
            api.call("PATCH", "tenants/settings", {"tapes": {"failures": True, "one_in": 100}})
            costs = _costs(api, system, given, tell)
            rollbacks = _rollbacks(api, system, given.rollbacks, tell)
    command.output().print(costs)
    command.output().print(rollbacks)
    return 0


def _costs(api: Api, system: System, given: argparse.Namespace, tell: Callable[[str], None]) -> Table:
    rule = api.call("POST", "rules", {"name": "cost", "script": RULE})
    api.call("PATCH", f"rules/{rule['id']}", {"script": OTHER, "draft": True})
    cpu: dict[str, list[float]] = {way: [] for way in WAYS}
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    runs: dict[str, Any] = {}
    with Asking(_request(system, api.client("gold"))) as asking:
        for number in range(given.rounds):
            for way in WAYS if number % 2 else reversed(WAYS):
                body = WAYS[way]
                if body is not None:
                    api.call("POST", f"rules/{rule['id']}/rollout", body)
                _warm_up(api, rule["id"], asking, shadow=body is not None and body["kind"] == "shadow")
                before_s = processor_s(system)
                took[way] += [asking.token()[0] for _ in range(given.tokens)]
                cpu[way].append((processor_s(system) - before_s) / given.tokens * 1e6)
                if body is not None:
                    runs[way] = api.call("GET", f"rules/{rule['id']}/rollout")["shadow"]
                    api.call("DELETE", f"rules/{rule['id']}/rollout")
            tell(f"round {number + 1} of {given.rounds}")
    api.call("DELETE", f"rules/{rule['id']}")
    table = Table("", "a token, median", "99 %", "processor time of a token", "shadows of the last round")
    for way in WAYS:
        table.add_row(
            way, _ms(statistics.median(took[way])), _ms(_percentile(took[way])), _cell(cpu, way), _of(runs, way)
        )
    return table


def _warm_up(api: Api, rule_id: str, asking: Asking, *, shadow: bool) -> None:
    """Ask until all hosts have started, those of a *shadow* too: of both versions, because they differ."""
    for _ in range(_WARM_UP):
        asking.token()
    gives_up_s = time.monotonic() + _GIVES_UP_S
    while shadow and time.monotonic() < gives_up_s:
        if api.call("GET", f"rules/{rule_id}/rollout")["shadow"]["different"] >= _RUNS:
            return
        for _ in range(_WARM_UP):
            asking.token()


def _of(runs: dict[str, Any], way: str) -> str:
    return ", ".join(f"{count} {name}" for name, count in (runs.get(way) or {}).items())


def _cell(cpu: dict[str, list[float]], way: str) -> str:
    """The median, and how much more than without a rollout each round took (median)."""
    base = cpu["no rollout"]
    more = statistics.median(each / before - 1 for each, before in zip(cpu[way], base, strict=True))
    return f"{statistics.median(cpu[way]):.0f} µs ({more:+.1%})"


def _percentile(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _ms(value: float) -> str:
    return f"{value:.2f} ms"


def _request(system: System, client: dict[str, str]) -> Request:
    return Request(url=f"{system.url}/oauth/token", host="localhost", body=urlencode(client))


def _rollbacks(api: Api, system: System, count: int, tell: Callable[[str], None]) -> Table:
    """From the answer of the request that decided until a client of the canary gets the old version."""
    times = []
    for number in range(count):
        rule = api.call("POST", "rules", {"name": f"broken {number}", "script": RULE})
        api.call("PATCH", f"rules/{rule['id']}", {"script": BROKEN, "draft": True})
        clients: dict[bool, dict[str, str]] = {}
        while len(clients) < 2:  # one of each version
            client = api.client("gold")
            clients[has_canary(TENANT, rule["id"], client["client_id"], 50)] = client
        api.call("POST", f"rules/{rule['id']}/rollout", {"kind": "canary", "steps": [50], "minimum": _OF_THE_OLD})
        with Asking(_request(system, clients[False])) as old, Asking(_request(system, clients[True])) as new:
            for _ in range(_OF_THE_OLD):
                old.token()
            times.append(_until_back(new))
        tell(f"rollback {number + 1} of {count}: {times[-1]:.2f} s")
        api.call("DELETE", f"rules/{rule['id']}")
    table = Table("rollbacks", "median", "longest")
    table.add_row(str(count), f"{statistics.median(times):.2f} s", f"{max(times):.2f} s")
    return table


def _until_back(new: Asking) -> float:
    """Fail five times, which decides; the seconds until there is a token."""
    decided_s, fails = 0.0, 0
    began_s = time.monotonic()
    while time.monotonic() < began_s + _GIVES_UP_S:
        try:
            new.token()
        except NoTokenError:
            fails += 1
            if fails <= 5:  # the fewest that a canary fails by
                decided_s = time.monotonic()
            time.sleep(0.01)
        else:
            return time.monotonic() - decided_s
    raise SystemExit("the canary was not rolled back")


if __name__ == "__main__":
    command.run(main)
