"""Time from request to answer on an idle, warm system: one keep-alive connection, one request at a time.

``python -m bench.latency`` starts a system of its own on a free port, asks for the demo's token and prints the
quantiles. Nothing here is part of the test suite: a shared machine's clock proves nothing by itself.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.command import run

REQUEST = {
    "client_id": "demo-client",
    "client_secret": "demo-secret-not-for-production",
    "audience": "https://api.example.com/",
    "grant_type": "client_credentials",
}
READY_TIMEOUT_S = 30.0


def main() -> int:
    """Measure and print; 0 if every answer was a token."""
    parser = argparse.ArgumentParser(prog="bench.latency", description=__doc__)
    parser.add_argument("--requests", type=int, default=100, help="timed requests (default: 100)")
    parser.add_argument("--warm-up", type=int, default=50, help="requests before them (default: 50)")
    parser.add_argument("--port", type=int, help="a running system with the demo; by default one is started")
    arguments = parser.parse_args()
    if arguments.port is not None:
        return measure(arguments.port, arguments.requests, arguments.warm_up)
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as folder:
        port = _free_port()
        system = _start(folder, port)
        try:
            return measure(port, arguments.requests, arguments.warm_up)
        finally:
            system.terminate()
            system.wait(10)


def measure(port: int, requests: int, warm_up: int) -> int:
    """Time *requests* token requests on one connection to 127.0.0.1:*port*; prints milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(warm_up):
        _ask(connection)
    times_ms = []
    for _ in range(requests):
        began_s = time.perf_counter()
        if _ask(connection) != 200:
            sys.stderr.write("a request got no token\n")
            return 1
        times_ms.append((time.perf_counter() - began_s) * 1000)
    cuts = statistics.quantiles(times_ms, n=100)
    sys.stdout.write(
        f"{requests} requests on one keep-alive connection: "
        f"p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms, max {max(times_ms):.2f} ms\n"
    )
    return 0


def _ask(connection: http.client.HTTPConnection) -> int:
    connection.request("POST", "/oauth/token", json.dumps(REQUEST), {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status


def _start(folder: str, port: int) -> subprocess.Popen[bytes]:
    """A ``rulemint dev`` that is ready and has its demo."""
    ours = {"RULEMINT_DATA_DIR": f"{folder}/data", "RULEMINT_PORT": str(port), "RULEMINT_TLS_PORT": "0"}
    environment = {**os.environ, **ours}
    system = subprocess.Popen(
        [str(Path(sys.executable).parent / "rulemint"), "dev"], env=environment, stdout=subprocess.DEVNULL
    )
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s and system.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            if _ask(connection) == 200:
                return system
        except OSError:
            pass  # not listening yet
        time.sleep(0.1)
    system.kill()
    raise SystemExit("the system did not get ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    run(main)
