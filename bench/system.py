"""A system of a bench's own: started empty on a free port, watched from /proc, stopped with nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.children import READY_TIMEOUT_S, Child, started
from bench.free_ports import free_port

PROGRAMS = Path(sys.executable).parent
KINDS = {
    "sandbox.spawner": "spawner",  # it names the files of the hosts
    "host_programs": "hosts",
    "rulemint_runner.egress": "broker",
    "rulemint_runner": "runner",
    "rulemint_gateway": "gateway",
    "valkey-server": "valkey",
    "rulemint dev": "dev",
    "webhook_server.js": "hook",
    "stock_arq/worker.py": "worker",
}
"""What is in a process's command line, with blanks between its words → what it is; the first that fits."""


@dataclass
class System:
    """A running ``rulemint dev``."""

    url: str
    admin: dict[str, str]
    process: subprocess.Popen[bytes]
    seen: set[int] = field(default_factory=set)
    """Every process that `usage` ever saw."""

    def usage(self) -> dict[str, tuple[int, int]]:
        """Kind → how many processes there are, and their resident memory in KiB."""
        counted = dict.fromkeys(KINDS.values(), (0, 0))
        for pid in family(self.process.pid):
            self.seen.add(pid)
            with suppress(OSError, StopIteration):  # it has just ended, or is no more than a number
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
                kind = next(kind for mark, kind in KINDS.items() if mark in command)
                count, memory_kib = counted[kind]
                counted[kind] = count + 1, memory_kib + resident_kib(pid)
        return counted

    def left(self) -> list[int]:
        """The processes of this system that still run."""
        return [pid for pid in self.seen if _is_alive(pid)]


@contextmanager
def started_system(
    settings: dict[str, str], *, data_dir: Path | None = None, programs: Path = PROGRAMS
) -> Iterator[System]:
    """A system without a demo; *settings* are environment variables. In *data_dir* is what one before it left.

    It is that of the environment whose *programs* are in that folder.
    """
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as folder:
        data_dir = data_dir or Path(folder) / "data"
        data_dir.mkdir(exist_ok=True)
        (data_dir / "demo.made").touch()
        port = free_port()
        ours = {"RULEMINT_DATA_DIR": str(data_dir), "RULEMINT_PORT": str(port), "RULEMINT_TLS_PORT": "0"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")}
        command = [programs / "rulemint", "dev"]
        with started(command, environment={**inherited, **ours, **settings}) as child:
            _wait_until_ready(child, port)
            admin = json.loads((data_dir / "admin.json").read_text())
            yield System(f"http://127.0.0.1:{port}", admin, child.process)


def _wait_until_ready(child: Child, port: int) -> None:
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s and child.process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):  # ours
            return
        time.sleep(0.1)
    raise SystemExit(child.failure())


def family(pid: int) -> set[int]:
    """*pid* and all its living descendants."""
    members = {pid}
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                members |= family(int(child))
    return members


def resident_kib(pid: int, line: str = "VmRSS:") -> int:
    """The resident memory of a process in KiB, at its peak if *line* is ``VmHWM:``; 0 for one that has just ended.

    Raises:
        OSError: there is none of that number.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(each.split()[1]) for each in lines if each.startswith(line)), 0)


def _is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False
