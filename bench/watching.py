"""Many watchers of one tenant's log in one process, of the least work each, for they stand for as many machines.

``python -m bench.watching URL WATCHERS [HOST]`` reads a token from its input and prints ``ready`` once all watch; at
the next line of input it waits until nothing comes any longer, and prints what they saw as JSON.

The first watcher keeps what comes, and it is read after the run. All others have the same filter, so they get the very
same bytes: they have the kernel throw them away (``MSG_TRUNC``, tcp(7)) and count. Whoever had as many as the first
lost nothing that the first has. One more watcher never reads.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import select
import socket
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from bench.recording import Chunk, reading_of

QUIET_S = 2.0
PONG_EVERY_S = 8.0
UNASKED_PONG = b"\x8a\x80\x00\x00\x00\x00"
"""Masked, as a client's are. A watcher that is heard is not pinged: no ping makes its bytes other than the first's."""
STALLED_BUFFER_BYTES = 4_096
READ_BYTES = 1024 * 1024
END_OF_HEAD = b"\r\n\r\n"


class Watching:
    """The sockets, and what came from each since it watches."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = {each.fileno(): each for each in sockets}
        self._first = sockets[0]
        self._counted = dict.fromkeys(self._sockets, 0)
        self._chunks: list[Chunk] = []
        self._lost = 0
        self._nowhere = bytearray(READ_BYTES)

    def until(self, enough: int) -> None:
        """Read until the file *enough* can be read, and then until nothing has come for a while."""
        poll = select.epoll()
        for each in (*self._sockets, enough):
            poll.register(each, select.EPOLLIN)
        pong_s = came_s = time.monotonic()
        ends = False
        while not ends or time.monotonic() - came_s < QUIET_S:
            for ready, _events in poll.poll(QUIET_S / 4):
                if ready == enough:
                    ends = True
                    poll.unregister(enough)
                    came_s = time.monotonic()
                elif self._take(ready):
                    came_s = time.monotonic()
                else:
                    self._lost += 1
                    poll.unregister(ready)
            if time.monotonic() - pong_s > PONG_EVERY_S:
                pong_s = time.monotonic()
                self._be_heard()

    def seen(self) -> dict[str, Any]:
        """What the first saw, and how many others had other bytes."""
        counted = self._counted[self._first.fileno()]
        return {
            **reading_of(self._chunks),
            "others": sum(each != counted for each in self._counted.values()),
            "lost_connections": self._lost,
            "mib": round(sum(self._counted.values()) / 2**20, 1),
        }

    def _take(self, ready: int) -> int:
        """How many bytes there were; 0 from one that is closed."""
        if ready == self._first.fileno():
            data = self._first.recv(READ_BYTES)
            self._chunks.append(Chunk(time.time(), data))
            count = len(data)
        else:
            count = self._sockets[ready].recv_into(self._nowhere, READ_BYTES, socket.MSG_TRUNC)
        self._counted[ready] += count
        return count

    def _be_heard(self) -> None:
        for each in self._sockets.values():
            each.send(UNASKED_PONG)


def opened(host: str, port: int, request: bytes, *, buffer_bytes: int | None = None) -> socket.socket:
    """A websocket that watches.

    Raises:
        SystemExit: it is not let in.
    """
    connection = socket.socket()
    if buffer_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    connection.settimeout(10)
    connection.connect((host, port))
    connection.sendall(request)
    head = b""
    while not head.endswith(END_OF_HEAD):
        head += connection.recv(1) or END_OF_HEAD  # the log may go on right behind it
    if not head.startswith(b"HTTP/1.1 101 "):
        raise SystemExit(f"the watchers are not let in: {head[:200].decode(errors='replace')}")
    connection.setblocking(False)
    return connection


def handshake(tenant_host: str, token: str) -> bytes:
    """RFC 6455 §4.1."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /logs HTTP/1.1",
        f"Host: {tenant_host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Extensions: permessage-deflate",
        f"Authorization: Bearer {token}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def main() -> int:
    """Watch and print."""
    url, watchers = sys.argv[1], int(sys.argv[2])
    tenant_host = sys.argv[3] if len(sys.argv) > 3 else urlsplit(url).netloc
    host, _, port = urlsplit(url).netloc.partition(":")
    request = handshake(tenant_host, sys.stdin.buffer.readline().decode().strip())
    with opened(host, int(port), request, buffer_bytes=STALLED_BUFFER_BYTES):
        watching = Watching([opened(host, int(port), request) for _ in range(watchers)])
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        before_s = _processor_s()
        watching.until(sys.stdin.fileno())
        used_s = _processor_s() - before_s
        seen = watching.seen()
    sys.stdout.write(json.dumps({**seen, "processor_s": round(used_s, 3)}) + "\n")
    return 0


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
