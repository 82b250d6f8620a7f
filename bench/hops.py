"""Where the time of one token goes, hop by hop, on one connection with one request at a time.

``python -m bench.hops`` starts a system with a JavaScript rule and asks it again and again. A hop's time is from the
stamps in each exchange's own record and from the client's clock; what passes between processes is stamped in whole
milliseconds, so only its mean over all requests says something, and the clocks of two processes may be 0.1 ms apart.
It also prints what each kind of process computes, how often it gives up its processor, and the commands of Valkey.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import msgspec
from redis import Redis

from bench import table
from bench.asking import Asking
from bench.command import add_into, number, output, progress, run, written
from bench.growth.made import RULES, Made, make_tenant
from bench.growth.parts import Growth, Part, as_markdown, show
from bench.processes import processor_us, switches
from bench.system import System, started_system
from bench.tenants import log_in
from rulemint_shared.contract.exchanges import Timings

WARM_UP = 200
RECORD_TRIES, RECORD_PAUSE_S = 20, 0.1
"""A record is written behind its answer."""
RARE = 0.05
"""Commands and switches of which there are fewer for each token are left out."""


class RuleTime(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a rule's report that says how long it took."""

    duration_ms: float


class MeasuredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a record, as the API answers it, that say where its time went."""

    timings: Timings
    rules: list[RuleTime]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a run saw, for each token but the records."""

    times_ms: list[float]
    """At the client, of each request."""
    records: list[MeasuredRequest]
    processor_us: dict[str, float]
    switches: dict[str, float]
    commands: dict[str, tuple[float, float]]
    """Valkey's command → how many, and the µs of all of them together."""


def main() -> int:
    """Measure, print and write."""
    arguments = _arguments()
    say = progress()
    made = table.origin(command=written("hops"), load="one connection")
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as name:
        data_dir = Path(name) / "data"
        with started_system({}, data_dir=data_dir) as system:
            tenant = asyncio.run(_made(system, arguments.rule))
            say(f"asking for {arguments.requests} tokens, one at a time")
            seen = _seen(system, data_dir, tenant, arguments.requests)
    parts = [_hops(seen), _processes(seen), _commands(seen)]
    for part in parts:
        show(part, output())
    growth = Growth(origin=made, parts=parts)
    table.write(growth, arguments.into, as_markdown(growth))
    say(f"written: {arguments.into}")
    return 0


async def _made(system: System, language: str) -> Made:
    async with aiohttp.ClientSession() as session:
        operator = await log_in(session, system.url, system.admin, {})
        return await make_tenant(session, system, operator, "hops", RULES[language])


def _seen(system: System, data_dir: Path, tenant: Made, requests: int) -> Seen:
    password = (data_dir / "valkey.password").read_text().strip()
    pids = [system.process.pid]
    socket = str(data_dir / "run" / "valkey.sock")
    with Asking(tenant.request) as asking, Redis(unix_socket_path=socket, password=password) as server:
        for _ in range(WARM_UP):
            asking.token()
        server.config_resetstat()
        used, switched = processor_us(pids), switches(pids)
        answers = [asking.token() for _ in range(requests)]
        used_since, switched_since = processor_us(pids), switches(pids)
        commands = server.info("commandstats")
    records = asyncio.run(_records(system, tenant, [exchange for _took_ms, exchange in answers]))
    return Seen(
        times_ms=[took_ms for took_ms, _exchange in answers],
        records=records,
        processor_us={kind: (used_since[kind] - used[kind]) / requests for kind in used_since},
        switches={kind: (switched_since[kind] - switched[kind]) / requests for kind in switched_since},
        commands={
            name.removeprefix("cmdstat_"): (told["calls"] / requests, told["usec"] / requests)
            for name, told in commands.items()
        },
    )


async def _records(system: System, tenant: Made, exchanges: Sequence[str]) -> list[MeasuredRequest]:
    async with aiohttp.ClientSession(headers=tenant.headers) as session:
        return [await _record(session, f"{system.url}/api/v2/exchanges/{exchange}") for exchange in exchanges]


async def _record(session: aiohttp.ClientSession, url: str) -> MeasuredRequest:
    for _ in range(RECORD_TRIES):
        async with session.get(url) as answer:
            if answer.status == 200:
                return msgspec.convert(await answer.json(), MeasuredRequest)
        await asyncio.sleep(RECORD_PAUSE_S)
    raise SystemExit(f"{url} is missing: were there more requests than records are kept?")


def _hops(seen: Seen) -> Part:
    """One row for each hop, in the order in which a request meets them."""

    def mean(times_ms: Sequence[float]) -> float:
        return statistics.fmean(times_ms)

    timings = [record.timings for record in seen.records]
    in_hosts_ms = [sum(rule.duration_ms for rule in record.rules) for record in seen.records]
    total = mean([each.total_ms for each in timings])
    whole = mean(seen.times_ms)
    hops = {
        "client to gateway and back: sockets, HTTP": whole - total,
        "gateway: parse, client, secret": mean([each.authenticate_ms or 0 for each in timings]),
        "gateway to runner: enqueue, wake-up, claim": mean([each.queue_ms or 0 for each in timings]),
        "runner: before and after the rule": mean([each.rules_ms or 0 for each in timings]) - mean(in_hosts_ms),
        "host: there, the rule, and back": mean(in_hosts_ms),
        "runner to gateway: the ending": mean([each.return_ms or 0 for each in timings]),
        "gateway: sign": mean([each.mint_ms or 0 for each in timings]),
    }
    in_gateway = total - (sum(hops.values()) - (whole - total))
    hops["gateway: the rest (grant, quota, claims, answer)"] = in_gateway
    rows = [[name, f"{took:.3f}", f"{took / whole:.0%}"] for name, took in hops.items()]
    cuts = statistics.quantiles(seen.times_ms, n=100, method="inclusive")
    rows.append(["all", f"{whole:.3f}", "100%"])
    title = f"{len(seen.times_ms)} tokens: p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms"
    return Part(name="hops", title=title, columns=("hop", "mean, ms", "of all"), rows=rows)


def _processes(seen: Seen) -> Part:
    rows = [
        [kind, f"{us:.0f}", f"{seen.switches.get(kind, 0.0):.1f}"]
        for kind, us in sorted(seen.processor_us.items(), key=lambda each: -each[1])
        if us >= 1 or seen.switches.get(kind, 0.0) >= RARE
    ]
    rows.append(["all", f"{sum(seen.processor_us.values()):.0f}", f"{sum(seen.switches.values()):.1f}"])
    title = "What each kind of process computes for a token, and how often it waits"
    return Part(name="processes", title=title, columns=("process", "CPU µs", "waits"), rows=rows)


def _commands(seen: Seen) -> Part:
    rows = [
        [name, f"{calls:.2f}", f"{us:.1f}"]
        for name, (calls, us) in sorted(seen.commands.items(), key=lambda each: -each[1][1])
        if calls >= RARE
    ]
    title = "What Valkey does for a token, by its own account"
    return Part(name="commands", title=title, columns=("command", "for each token", "µs in it"), rows=rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.hops", description=__doc__)
    parser.add_argument("--rule", choices=list(RULES), default="javascript", help="default: javascript")
    parser.add_argument("--requests", type=number, default=1_000, help="timed requests (default: 1000)")
    add_into(parser, "hops.json")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
