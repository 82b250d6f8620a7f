"""npm ``oidc-provider`` as a subject, with the hook inline or in a worker thread."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

from bench.load import Request
from bench.node import NodeFolder
from bench.subject import Subject
from bench.system import free_port

READY_TIMEOUT_S = 20.0
PLACES = {"inline": "oidc-provider, inline hook", "thread": "oidc-provider, hook in a worker thread"}
_FORM = {
    "grant_type": "client_credentials",
    "client_id": "bench",
    "client_secret": "bench-secret",
    "scope": "read write",
}


@contextmanager
def started_oidc(folder: NodeFolder, place: str, algorithm: str) -> Iterator[Subject]:
    """A server of its own; it ends with the block."""
    port = free_port()
    process = folder.start("server.js", str(port), algorithm, place)
    try:
        wait_for(port, process)
        host = f"127.0.0.1:{port}"
        yield Subject(
            name=f"oidc-{place}",
            title=PLACES[place],
            algorithm=algorithm,
            request=Request(url=f"http://{host}/token", host=host, body=urlencode(_FORM)),
            pid=process.pid,
        )
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once somebody listens.

    Raises:
        SystemExit: nobody does, or the process has ended.
    """
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"a peer did not start: {process.args!r}")
