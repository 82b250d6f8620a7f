"""Free ports for programs that benches and tests start."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

_LOWEST, _ROOM = 10_000, 4_000
_TAKEN: set[int] = set()
"""What this process was given: its program may not listen there yet."""


def free_port() -> int:
    """A port of this machine that nobody listens on.

    It is below those that the kernel gives to connections: one of these could be taken before the program listens.
    """
    below = _first_of_connections()
    while below - _LOWEST >= _ROOM:
        port = random.randrange(_LOWEST, below)  # noqa: S311  # no secret: two programs choose seldom the same
        if port not in _TAKEN and _is_free(port):
            _TAKEN.add(port)
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_of_connections() -> int:
    """The lowest port that the kernel chooses by itself; 0 where it does not say."""
    with suppress(OSError):
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    return 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("0.0.0.0", port))  # noqa: S104  # nobody has it on any address; nothing listens here
        return True
    return False
