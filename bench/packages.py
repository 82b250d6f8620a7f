"""What packages cost: the management call that installs them, the first token after it, and the next ones.

``python -m bench.packages`` makes a rule with dependencies in a system of its own, in JavaScript and in Python. A
system keeps what it has installed, so each round has a new one. The packages come from where npm and pip of this
machine have theirs, or from where RULEMINT_NPM_REGISTRY and RULEMINT_PYPI_INDEX say: the first column is as much about
that place as about Rulemint.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from rich.console import Console
from rich.table import Table

from bench.command import run
from bench.system import System, started_system
from bench.tenants import Tenant, log_in, make_client

CALL_TIMEOUT_S = 180.0
"""A runner gives up an installation before that, and says why."""
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, eq=False)
class Packages:
    """Some packages, and a rule that uses them."""

    language: str
    dependencies: dict[str, str]
    script: str

    def __str__(self) -> str:
        return " + ".join(self.dependencies)


SETS = (
    Packages(
        "javascript",
        {"jsonwebtoken": "^9.0.0", "axios": "^1.7.0"},
        """
const jwt = require('jsonwebtoken');
const axios = require('axios');
module.exports = (client, scope, audience, context, cb) => {
  const signed = jwt.sign({ id: client.id }, 'a secret of the bench');
  cb(null, { scope, 'https://bench.test/used': [signed.length, typeof axios.get] });
};
""",
    ),
    Packages(
        "python",
        {"httpx": ">=0.27,<1", "pyjwt": ">=2,<3"},
        """
import httpx
import jwt


def rule(client, scope, audience, context):
    signed = jwt.encode({'id': client['id']}, 'a secret of the bench, which is long enough')
    return {'used': [len(signed), httpx.__version__]}
""",
    ),
    Packages(
        "python",
        {"boto3": ">=1.34"},
        """
import boto3


def rule(client, scope, audience, context):
    keys = {'aws_access_key_id': 'a', 'aws_secret_access_key': 'secret'}
    queue = boto3.client('sqs', region_name='eu-central-1', **keys)
    return {'used': queue.meta.service_model.service_name}
""",
    ),
)


@dataclass
class Round:
    """What one system showed of one set, in milliseconds."""

    install_ms: float
    first_ms: float
    next_ms: list[float]


async def measure(system: System, packages: Packages, tokens: int) -> Round:
    """Install *packages* in *system*, then ask for a token and for *tokens* more."""
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        headers = await log_in(session, system.url, system.admin, {})
        request = await make_client(session, system.url, headers)
        client = Tenant("default", urlsplit(system.url).netloc, hostile=False, request=request)
        began_s = time.perf_counter()
        await _install(session, system, packages, headers)
        install_ms = _ms_since(began_s)
        times_ms = [await _token(session, system, client) for _ in range(tokens + 1)]
    return Round(install_ms, times_ms[0], times_ms[1:])


async def _install(session: aiohttp.ClientSession, system: System, packages: Packages, headers: dict[str, str]) -> None:
    rule = {
        "name": "bench",
        "language": packages.language,
        "script": packages.script,
        "dependencies": packages.dependencies,
    }
    async with session.post(f"{system.url}/api/v2/rules", json=rule, headers=headers) as response:
        if response.status != 201:
            raise SystemExit(f"{packages} could not be installed: {await response.text()}")


async def _token(session: aiohttp.ClientSession, system: System, client: Tenant) -> float:
    began_s = time.perf_counter()
    status, why = await client.ask(session, system.url)
    if status != 200:
        raise SystemExit(f"a request got no token: {why}")
    return _ms_since(began_s)


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000


def report(rounds: dict[Packages, list[Round]]) -> list[dict[str, Any]]:
    """The medians of each set."""
    return [
        {
            "packages": str(packages),
            "language": packages.language,
            "rounds": len(seen),
            "install_ms": round(statistics.median(each.install_ms for each in seen)),
            "first_token_ms": round(statistics.median(each.first_ms for each in seen), 1),
            "next_token_ms": round(statistics.median(time_ms for each in seen for time_ms in each.next_ms), 2),
        }
        for packages, seen in rounds.items()
    ]


def show(rows: list[dict[str, Any]]) -> None:
    """Print one line for each set."""
    table = Table(title=f"A rule's packages: medians of {rows[0]['rounds']} new systems, in milliseconds")
    table.add_column("packages", no_wrap=True)
    for heading in ("installed", "first token", "next tokens"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(row["packages"], *(str(row[name]) for name in ("install_ms", "first_token_ms", "next_token_ms")))
    Console().print(table)


def main() -> int:
    """Measure, print, and write ``bench/results/packages.json``."""
    parser = argparse.ArgumentParser(prog="bench.packages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="new systems, one at least (default: 3)")
    parser.add_argument("--tokens", type=int, default=50, help="tokens after the first (default: 50)")
    arguments = parser.parse_args()
    rounds: dict[Packages, list[Round]] = defaultdict(list)
    count = max(1, arguments.rounds)
    for packages in SETS:
        for done in range(count):
            with started_system({}) as system:
                sys.stderr.write(f"round {done + 1} of {count}: {packages}\n")
                rounds[packages].append(asyncio.run(measure(system, packages, max(1, arguments.tokens))))
    rows = report(rounds)
    show(rows)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "packages.json").write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    run(main)
