"""What clients that ask and do not read make of the gateway's memory. Each attack has a system of its own.

``readers`` are 40 connections to each of the long answers of the management API; ``watchers`` are 200 log streams, live
and from the beginning, each with a filter of its own. Printed: MiB that the gateway had before, and at its peak.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

from bench.command import run
from bench.system import System, family, resident_kib, started_system
from bench.tenants import create, log_in, make_client

READERS, WATCHERS = 40, 200
RULES, SCRIPT_CHARACTERS = 100, 250_000
VERSIONS = 40
TOKENS, LINE_CHARACTERS, LINES = 400, 8_000, 30
HOLD_S = 15.0
SCRIPT = "module.exports = (client, scope, audience, context, cb) => cb(null, {});\n//"
ACTION = "exports.onExecuteCredentialsExchange = async () => {};\n//"
CHATTY = f"""
module.exports = (client, scope, audience, context, cb) => {{
  for (let i = 0; i < {LINES}; i++) console.log(i + ' ' + 'x'.repeat({LINE_CHARACTERS}));
  cb(null, {{}});
}};
"""


class Attack(NamedTuple):
    """What is asked by whoever does not read, after *fill* has made it long."""

    name: str
    clients: int
    paths: Sequence[str]
    fill: Callable[[aiohttp.ClientSession, System, dict[str, str]], Awaitable[None]]


async def rules(session: aiohttp.ClientSession, system: System, headers: dict[str, str]) -> None:
    """A hundred rules with long scripts."""
    script = SCRIPT.ljust(SCRIPT_CHARACTERS, "x")
    for number in range(RULES):
        body = {"name": f"long {number}", "script": script, "enabled": False}
        await create(session, system.url, "rules", body, headers)


async def versions(session: aiohttp.ClientSession, system: System, headers: dict[str, str]) -> None:
    """A long action with many versions."""
    trigger = [{"id": "credentials-exchange", "version": "v2"}]
    body = {"name": "long", "code": ACTION.ljust(SCRIPT_CHARACTERS, "x"), "supported_triggers": trigger}
    made = await create(session, system.url, "actions/actions", body, headers)
    for number in range(VERSIONS):
        code = ACTION.ljust(SCRIPT_CHARACTERS, "abcdefghij"[number % 10])
        url = f"{system.url}/api/v2/actions/actions/{made['id']}"
        async with session.patch(url, json={"code": code}, headers=headers) as response:
            response.raise_for_status()


async def tokens(session: aiohttp.ClientSession, system: System, headers: dict[str, str]) -> None:
    """Four hundred tokens of a chatty rule."""
    await create(session, system.url, "rules", {"name": "chatty", "script": CHATTY}, headers)
    request = await make_client(session, system.url, headers)

    async def ask(_number: int) -> None:
        async with session.post(f"{system.url}/oauth/token", json=request) as response:
            await response.read()

    for start in range(0, TOKENS, 8):
        await asyncio.gather(*(ask(number) for number in range(start, start + 8)))


async def nothing(_session: aiohttp.ClientSession, _system: System, _headers: dict[str, str]) -> None:
    """What is asked is long anyway."""


ATTACKS = {
    "readers": [
        Attack("GET /rules", READERS, ["/api/v2/rules?per_page=100"], rules),
        Attack("GET /rules, scripts asked for", READERS, ["/api/v2/rules?per_page=100&fields=id,script"], rules),
        Attack("GET /rules by checkpoints", READERS, ["/api/v2/rules?take=100&fields=id,script"], rules),
        Attack("GET /hooks", READERS, ["/api/v2/hooks?per_page=100&fields=id,script"], rules),
        Attack("GET /api/webtask", READERS, ["/api/webtask/default"], rules),
        Attack("GET /actions/{id}/versions", READERS, ["/api/v2/actions/actions/{action}/versions"], versions),
        Attack("GET /logs of the management API", READERS, ["/api/v2/logs?per_page=100"], tokens),
        Attack("GET /openapi.json", READERS, ["/api/v2/openapi.json"], nothing),
    ],
    "watchers": [
        Attack("200 that watch live", WATCHERS, ["/logs?contains={xs}"], tokens),
        Attack("200 from the beginning", WATCHERS, ["/logs?after=0-0"], tokens),
    ],
}


async def attacked(attack: Attack) -> tuple[float, float, float]:
    """MiB of the gateway before, at its peak, and a while after the attack."""
    with started_system({}) as system:
        pid = _gateway(system)
        async with aiohttp.ClientSession() as session:
            headers = await log_in(session, system.url, system.admin, {})
            live = attack.name == "200 that watch live"
            if not live:
                await attack.fill(session, system, headers)
            paths = await _paths(session, system, headers, attack)
            _forget_peak(pid)
            before = resident_kib(pid) / 1024
            with ExitStack() as stack:
                opened = [
                    stack.enter_context(closing(_asking(system.url, headers["Authorization"], path)))
                    for number in range(attack.clients)
                    for path in [paths[number % len(paths)].replace("{xs}", "x" * (number + 1))]
                ]
                until_s = time.monotonic() + HOLD_S
                if live:
                    await attack.fill(session, system, headers)
                await asyncio.sleep(max(0.0, until_s - time.monotonic()))
                peak = resident_kib(pid, "VmHWM:") / 1024
                del opened
            await asyncio.sleep(2)
            return before, peak, resident_kib(pid) / 1024


async def _paths(session: aiohttp.ClientSession, system: System, headers: dict[str, str], attack: Attack) -> list[str]:
    if not any("{action}" in path for path in attack.paths):
        return list(attack.paths)
    async with session.get(f"{system.url}/api/v2/actions/actions?per_page=1", headers=headers) as response:
        found = (await response.json())["actions"][0]["id"]
    return [path.replace("{action}", found) for path in attack.paths]


def _asking(url: str, authorization: str, path: str) -> socket.socket:
    """A connection that has asked, and whose small buffer nobody empties."""
    place = urlsplit(url)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.connect((place.hostname, place.port))
    opened.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: {authorization}\r\n\r\n".encode())
    return opened


def _forget_peak(pid: int) -> None:
    """Else it is that of the filling as well."""
    with suppress(PermissionError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _gateway(system: System) -> int:
    for pid in family(system.process.pid):
        with suppress(OSError):
            if b"rulemint_gateway" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    raise SystemExit("there is no gateway")


def main() -> int:
    """Attack and print."""
    parser = argparse.ArgumentParser(prog="bench.attacks", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=[*ATTACKS, "all"], default="all")
    parser.add_argument("--only", default="", help="attacks whose name has this in it")
    arguments = parser.parse_args()
    sys.stdout.write(f"{'attack':<34}{'before':>10}{'peak':>10}{'after':>10}   MiB of the gateway\n")
    for kind, attacks in ATTACKS.items():
        if arguments.kind not in {kind, "all"}:
            continue
        for attack in attacks:
            if arguments.only in attack.name:
                before, peak, after = asyncio.run(attacked(attack))
                sys.stdout.write(f"{attack.name:<34}{before:>10.0f}{peak:>10.0f}{after:>10.0f}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    run(main)
