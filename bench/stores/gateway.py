"""One gateway process with its own settings, timed from its start until it says that it is ready."""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.children import Child, started
from bench.free_ports import free_port
from bench.processes import processor_us

READY_TIMEOUT_S = 60.0
LOOK_INTERVAL_S = 0.005
SETTINGS = {
    "RULEMINT_MAX_CLIENTS": "100000000",
    "RULEMINT_MAX_CLIENT_GRANTS": "100000000",
    "RULEMINT_EXCHANGES_KEPT": "100000000",
    "RULEMINT_EXCHANGE_BYTES": str(2**40),
}


@dataclass(frozen=True)
class RunningGateway:
    """Where it is, and how long it took to be ready."""

    url: str
    pid: int
    ready_s: float

    def processor_ms(self) -> float:
        """The processor time that it has used so far: what others do on the machine does not lengthen it."""
        return sum(processor_us([self.pid]).values()) / 1_000


@contextmanager
def started_gateway(folder: Path, server: str) -> Iterator[RunningGateway]:
    """A gateway of the Redis at *server*, whose keys and administrator are in *folder*."""
    port = free_port()
    ours = {
        "RULEMINT_REDIS_URL": server,
        "RULEMINT_MASTER_KEY_FILE": str(folder / "master.key"),
        "RULEMINT_ADMIN_FILE": str(folder / "admin.json"),
        "RULEMINT_PORT": str(port),
        "RULEMINT_METRICS_PORT": "0",
        "RULEMINT_ISSUER": "http://bench.test/",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")}
    began_s = time.monotonic()
    with started([sys.executable, "-m", "rulemint_gateway"], environment={**inherited, **ours, **SETTINGS}) as child:
        _wait_until_ready(child, port)
        yield RunningGateway(f"http://127.0.0.1:{port}", child.pid, time.monotonic() - began_s)


def _wait_until_ready(child: Child, port: int) -> None:
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s and child.process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):  # ours
            return
        time.sleep(LOOK_INTERVAL_S)
    raise SystemExit(child.failure())
