"""``python -m bench.backtests``: how long a backtest of 1,000 records takes, and what live traffic beside it loses.

Live traffic asks at a steady rate, a share of what the system gives when it is asked as fast as can be. Turns without
a backtest and with one follow each other. Each turn counts the tokens that came, and how long each took.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from rich.table import Table

from bench import command
from bench.asking import Asking
from bench.load import Request
from bench.replays.fuzzing import TENANT, Api, Place, a_redis
from bench.system import started_system
from rulemint_shared.contract import redis_keys
from rulemint_shared.secrets.vault import Vault

WITHIN_S, MAY_LOSE = 30.0, 0.05
CONNECTIONS = 4
_CALIBRATED_S = 3.0
_AT_A_TIME, _RECORDED_WITHIN_S = 20, 300.0
RULES = {
    "javascript": (
        "export default ({ client, scope }) => ({ plan: client.metadata.plan, n: scope.length });",
        "export default ({ client, scope }) => ({ plan: client.metadata.plan || 'none', n: scope.length + 1 });",
    ),
    "python": (
        "def rule(client, scope, audience, context):\n    return {'plan': client['metadata'].get('plan')}\n",
        "def rule(client, scope, audience, context):\n    return {'plan': client['metadata'].get('plan'), 'n': 1}\n",
    ),
}


class Turn(NamedTuple):
    """One turn of live traffic: tokens that came of those that were due, and how long each took, in ms."""

    tokens: int
    due: int
    took_ms: list[float]
    seconds: float

    @property
    def lost(self) -> float:
        """The share that did not come in its time."""
        return 1 - self.tokens / max(1, self.due)


class Backtested(NamedTuple):
    """One backtest, and the live traffic beside it."""

    seconds: float
    replayed: int
    live: Turn


def main() -> int:
    """Measure, and print a table; the status is 1 if it takes too long, or live traffic loses too much."""
    parser = argparse.ArgumentParser(prog="python -m bench.backtests", description=__doc__)
    parser.add_argument("--records", type=command.number, default=1_000)
    parser.add_argument("--rounds", type=command.number, default=3)
    parser.add_argument(
        "--share", type=float, default=0.5, help="live traffic, of what the system gives (default: 0.5)"
    )
    given = parser.parse_args()
    tell, table = command.progress(), Table("rule", "alone", "beside", "live: due", "lost", "p50, p95 without", "with")
    good = True
    with tempfile.TemporaryDirectory(prefix="rulemint-backtests-") as name:
        data = Path(name) / "data"
        with (
            started_system({"RULEMINT_TAPE_HISTORY": "10000"}, data_dir=data) as system,
            a_redis(data) as redis,
        ):
            api = Api(Place(system.url, system.admin, redis, Vault.from_file(data / "master.key"), ""))
            client = api.client("gold")
            request = Request(url=f"{system.url}/oauth/token", host="localhost", body=urlencode(client))
            for language in RULES:
                row, is_good = _measured(api, request, language, given, tell)
                table.add_row(language, *row)
                good = good and is_good
    command.output().print(table)
    return 0 if good else 1


def _measured(
    api: Api, request: Request, language: str, given: argparse.Namespace, tell: Callable[[str], None]
) -> tuple[list[str], bool]:
    script, draft = RULES[language]
    made = api.call("POST", "rules", {"name": language, "language": language, "script": script})
    _record(api, request, given.records)
    tell(f"{language}: {given.records} recorded")
    body = {"rule_id": made["id"], "script": draft}
    alone_s, replayed = _backtest(api, body, given.records)
    rate = given.share * _capacity(request)
    tell(f"{language}: alone {replayed} in {alone_s:.1f} s; live traffic is {rate:.0f} tokens a second")
    without, beside = [], []
    for _ in range(given.rounds):
        without.append(_live(request, rate, seconds=max(3.0, alone_s)))
        beside.append(_beside(api, body, request, rate, given.records))
        tell(
            f"{language}: {len(beside)} of {given.rounds}: {beside[-1].seconds:.1f} s, lost {beside[-1].live.lost:.1%}"
        )
    api.call("DELETE", f"rules/{made['id']}")
    lost = statistics.median(each.live.lost for each in beside) - statistics.median(each.lost for each in without)
    took_s = statistics.median(each.seconds for each in beside)
    row = [
        f"{replayed} in {alone_s:.1f} s",
        f"{beside[0].replayed} in {took_s:.1f} s",
        f"{rate:.0f}/s",
        f"{lost:.1%}",
        _latency([each for turn in without for each in turn.took_ms]),
        _latency([each for turn in beside for each in turn.live.took_ms]),
    ]
    return row, took_s < WITHIN_S and lost < MAY_LOSE and all(each.replayed == given.records for each in beside)


def _record(api: Api, request: Request, records: int) -> None:
    """Have so many token requests leave a tape, and no later one. They come a few at a time: of many, some are lost."""
    tapes = redis_keys.tapes(TENANT)
    api.call("PATCH", "tenants/settings", {"tapes": {"failures": False, "one_in": 1}})
    deadline_s, kept = time.monotonic() + _RECORDED_WITHIN_S, 0
    with Asking(request) as asking:
        while kept < records:
            if time.monotonic() > deadline_s:
                raise SystemExit(f"only {kept} of {records} requests left a tape")
            for _ in range(min(_AT_A_TIME, records - kept)):
                asking.token()
            time.sleep(0.1)  # tapes are kept behind the answer
            kept = cast("int", api.place.redis.zcard(tapes))
    api.call("PATCH", "tenants/settings", {"tapes": {"failures": False, "one_in": 0}})
    time.sleep(1)


def _backtest(api: Api, body: dict[str, Any], records: int) -> tuple[float, int]:
    """Backtest so many records, by as many calls as it takes; the seconds, and the records that were replayed."""
    began_s, replayed, before = time.perf_counter(), 0, ""
    while True:
        more = {"before": before} if before else {}
        answer = api.call("POST", "rules/backtest", {**body, **more, "take": records - replayed})
        replayed += answer["coverage"]["replayed"]
        if replayed >= records or "next" not in answer:
            return time.perf_counter() - began_s, replayed
        before = answer["next"]


def _beside(api: Api, body: dict[str, Any], request: Request, rate: float, records: int) -> Backtested:
    with _asking(request, rate) as turns:
        seconds, replayed = _backtest(api, body, records)
    return Backtested(seconds, replayed, turns[0])


def _live(request: Request, rate: float, *, seconds: float) -> Turn:
    with _asking(request, rate) as turns:
        time.sleep(seconds)
    return turns[0]


@contextmanager
def _asking(request: Request, rate: float) -> Iterator[list[Turn]]:
    """Live traffic for as long as this is open; its turn is in the list after that."""
    over, took_ms, turns = Event(), list[float](), list[Turn]()
    began_s = time.perf_counter()
    threads = [Thread(target=_ask, args=(request, rate / CONNECTIONS, over, took_ms)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    yield turns
    over.set()
    seconds = time.perf_counter() - began_s
    for thread in threads:
        thread.join()
    turns.append(Turn(len(took_ms), round(rate * seconds), took_ms, seconds))


def _ask(request: Request, rate: float, over: Event, took_ms: list[float]) -> None:
    """Ask when the next is due. What could not be asked in its time is not made up for beyond a second."""
    due_s = time.perf_counter()
    with Asking(request) as asking:
        while not over.is_set():
            wait_s = due_s - time.perf_counter()
            if wait_s > 0:
                time.sleep(wait_s)
            due_s = max(due_s, time.perf_counter() - 1) + 1 / rate
            began_s = time.perf_counter()
            asking.token()
            took_ms.append((time.perf_counter() - began_s) * 1000)


def _capacity(request: Request) -> float:
    """Tokens a second, when each connection asks again at once."""
    turn = _live(request, 1e6, seconds=_CALIBRATED_S)
    return turn.tokens / turn.seconds


def _latency(took_ms: list[float]) -> str:
    ordered = sorted(took_ms)
    return f"{ordered[len(ordered) // 2]:.1f}, {ordered[int(len(ordered) * 0.95)]:.1f} ms"


if __name__ == "__main__":
    command.run(main)
