"""Many watchers of one tenant's log in one process, of the least work each: they count what comes, and decode nothing.

``python -m bench.watching URL WATCHERS [HOST]`` reads a token from its input and prints ``ready`` once all watch; at
the next line of input it waits until nothing comes any longer, and prints what they saw as JSON. Another never reads.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import socket
import statistics
import sys
import time
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

LINE, DROPPED = b'"type":"line"', b'"type":"dropped"'
TIMED_LINE = re.compile(rb'"ts":"([^"]{24})",' + LINE)
QUIET_S = 2.0
STALLED_BUFFER_BYTES = 4_096


class Counting(asyncio.Protocol):
    """One watcher; what a chunk leaves over of a record belongs to the next."""

    def __init__(self, *, times: bool) -> None:
        self.opened = asyncio.Event()
        self.lines = 0
        self.dropped = 0
        self.bytes = 0
        self.delays_ms: list[float] = []
        self.lost = False
        self._times = times
        self._left = b""

    def data_received(self, data: bytes) -> None:
        """Count the marks."""
        now_s = time.time()
        self.opened.set()
        self.bytes += len(data)
        text = self._left + data
        end = text.rfind(b"}") + 1  # of a record, or within a message: no mark goes across it
        self._left, text = text[end:], text[:end]
        self.lines += text.count(LINE)
        self.dropped += text.count(DROPPED)
        if self._times:
            for written in TIMED_LINE.findall(text):
                self.delays_ms.append(now_s * 1000 - datetime.fromisoformat(written.decode()).timestamp() * 1000)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The gateway has had enough of it."""
        self.lost = True


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
        f"Authorization: Bearer {token}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def watch(url: str, watchers: int, tenant_host: str, token: str) -> dict[str, Any]:
    """What *watchers* saw between the two lines of input."""
    loop = asyncio.get_running_loop()
    host, _, port = urlsplit(url).netloc.partition(":")
    stalled = _stalled(host, int(port), handshake(tenant_host, token))
    counting = []
    for number in range(watchers):
        transport, protocol = await loop.create_connection(partial(Counting, times=number == 0), host, int(port))
        transport.write(handshake(tenant_host, token))
        await asyncio.wait_for(protocol.opened.wait(), 10)
        counting.append(protocol)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    await _until_quiet(counting)
    stalled.close()
    delays_ms = counting[0].delays_ms
    return {
        "lines_least": min(each.lines for each in counting),
        "lines_most": max(each.lines for each in counting),
        "dropped": sum(each.dropped for each in counting),
        "lost_connections": sum(each.lost for each in counting),
        "mib": round(sum(each.bytes for each in counting) / 2**20, 1),
        "delay_p50_ms": round(statistics.median(delays_ms), 1) if delays_ms else None,
        "delay_p99_ms": round(sorted(delays_ms)[int(len(delays_ms) * 0.99)], 1) if delays_ms else None,
    }


def _stalled(host: str, port: int, request: bytes) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER_BYTES)
    opened.connect((host, port))
    opened.sendall(request)
    return opened


async def _until_quiet(counting: list[Counting]) -> None:
    seen = -1
    while (now := sum(each.lines for each in counting)) != seen:
        seen = now
        await asyncio.sleep(QUIET_S)


def main() -> int:
    """Watch and print."""
    url, watchers = sys.argv[1], int(sys.argv[2])
    tenant_host = sys.argv[3] if len(sys.argv) > 3 else urlsplit(url).netloc
    token = sys.stdin.readline().strip()
    sys.stdout.write(json.dumps(asyncio.run(watch(url, watchers, tenant_host, token))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
