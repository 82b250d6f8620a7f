"""The load: one token request, again and again, on some connections, by a generator that the field trusts.

``wrk`` where there is one, else npm's ``autocannon``. Neither is ours, and what each says of latency is its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Protocol

import msgspec

from bench.peers import node_packages

TIMEOUT_S = 30
_ONE_LUA = """
wrk.method = "POST"
wrk.body = {body}
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Host"] = {host}
"""
_MIX_LUA = """
local hosts, bodies, order, requests, at = {{{hosts}}}, {{{bodies}}}, {{{order}}}, {{}}, 0
function init(_arguments)
  for number = 1, #hosts do
    local headers = {{ ["Host"] = hosts[number], ["Content-Type"] = "application/x-www-form-urlencoded" }}
    requests[number] = wrk.format("POST", wrk.path, headers, bodies[number])
  end
end
function request()
  at = at % #order + 1
  return requests[order[at]]
end
"""
_DONE_LUA = """
done = function(summary, latency, _requests)
  local errors = summary.errors
  io.write(string.format('\\n{"tokens":%d,"failed":%d,"seconds":%f,"p50_ms":%f,"p95_ms":%f,"p99_ms":%f}\\n',
    summary.requests - errors.status,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
"""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One token request: where, to which host by its header, and the form."""

    url: str
    host: str
    body: str


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """Several token requests of one system, in an order that is gone through again and again."""

    requests: list[Request]
    order: list[int]
    """Places in *requests*."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn of load saw."""

    tokens: int
    failed: int
    """Requests that got none."""
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds


class LoadGenerator(Protocol):
    """Asks for tokens."""

    name: str

    def run(self, request: Request | Mix, *, connections: int, seconds: float) -> Loaded:
        """Ask on so many connections for so long, each again as soon as it has its answer."""


class Wrk:
    """As of <https://github.com/wg/wrk>."""

    name = "wrk"

    def run(self, request: Request | Mix, *, connections: int, seconds: float) -> Loaded:
        """As the protocol says; one thread, for the others are for what is measured."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_lua(request))
            script.flush()
            url = request.url if isinstance(request, Request) else request.requests[0].url
            command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", f"--timeout={TIMEOUT_S}s"]
            done = subprocess.run([*command, "-s", script.name, url], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
        return msgspec.json.decode(done.stdout.strip().splitlines()[-1], type=Loaded)


def _lua(request: Request | Mix) -> str:
    if isinstance(request, Request):
        return _ONE_LUA.format(body=json.dumps(request.body), host=json.dumps(request.host)) + _DONE_LUA
    hosts = ", ".join(json.dumps(each.host) for each in request.requests)
    bodies = ", ".join(json.dumps(each.body) for each in request.requests)
    return _MIX_LUA.format(hosts=hosts, bodies=bodies, order=", ".join(str(at + 1) for at in request.order)) + _DONE_LUA


class Autocannon:
    """npm ``autocannon``, for machines without wrk."""

    name = "autocannon"

    def run(self, request: Request | Mix, *, connections: int, seconds: float) -> Loaded:
        """As the protocol says; its latency is in whole milliseconds, and where p95 stands it is p97.5.

        Raises:
            SystemExit: it failed, or is to send a mix.
        """
        if isinstance(request, Mix):
            raise SystemExit("wrk is missing, and only it sends a mix of requests (Debian: apt-get install wrk)")
        command: list[str | Path] = [
            node_packages.NODE, "node_modules/.bin/autocannon", "--json", "--no-progress",
            "--connections", str(connections), "--duration", str(max(1, round(seconds))), "--timeout", str(TIMEOUT_S),
            "--method", "POST", "--headers", "Content-Type=application/x-www-form-urlencoded",
            "--headers", f"Host={request.host}", "--body", request.body, request.url,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=node_packages.installed(), env=node_packages.environment(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(f"autocannon failed: {done.stderr.strip()}")
        said = json.loads(done.stdout)
        return Loaded(
            tokens=said["2xx"],
            failed=said["non2xx"] + said["errors"],
            seconds=said["duration"],
            p50_ms=said["latency"]["p50"],
            p95_ms=said["latency"]["p97_5"],
            p99_ms=said["latency"]["p99"],
        )


def load_generator(name: str | None = None) -> LoadGenerator:
    """The one of that *name*; by default the one that this machine has.

    Raises:
        SystemExit: wrk was asked for and is missing.
    """
    if name == Autocannon.name:
        return Autocannon()
    if shutil.which("wrk"):
        return Wrk()
    if name == Wrk.name:
        raise SystemExit("wrk is missing (Debian: apt-get install wrk)")
    return Autocannon()
