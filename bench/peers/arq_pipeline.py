"""Stock arq as a subject: server, Valkey and worker, a job for each token, polled as often as arq does by itself."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.children import started
from bench.free_ports import free_port
from bench.load import Request
from bench.peers import FORM
from bench.peers.authlib_server import private_keys
from bench.peers.valkey import started_valkey
from bench.subjects.subject import Subject

PROGRAM = Path(__file__).parent / "stock_arq"
POLL_S = "0.5"
"""arq's default, of the worker and of whoever waits for a result."""


@contextmanager
def started_arq(algorithm: str) -> Iterator[Subject]:
    """A pipeline of its own; it ends with the block."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as name:
        folder = Path(name)
        keys = folder / "keys.json"
        keys.write_text(private_keys())
        server = [sys.executable, "server.py", str(port), folder / "valkey.sock", keys, algorithm, POLL_S]
        worker = [sys.executable, PROGRAM / "worker.py", folder / "valkey.sock", POLL_S]
        with (
            started_valkey(folder) as (valkey, _socket),
            started(worker, cwd=PROGRAM) as working,
            started(server, cwd=PROGRAM) as serving,
        ):
            serving.wait_for_port(port)
            yield Subject(
                name="arq",
                title="stock arq, polls twice a second",
                algorithm=algorithm,
                request=Request(url=f"http://127.0.0.1:{port}/token", host=f"127.0.0.1:{port}", body=urlencode(FORM)),
                keys_url=f"http://127.0.0.1:{port}/jwks",
                pid=serving.pid,
                further_pids=(working.pid, valkey.pid),
            )
