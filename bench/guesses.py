"""The load of `bench.guessing`, a process of its own: token requests on raw connections, from an address of its own.

``python -m bench.guesses`` reads one `Job` as JSON from its standard input and writes what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter

import msgspec
import uvloop

TICK_S = 0.01
UNSENT_BYTES = 64 * 1024
"""A connection that has so much waiting gets nothing more until the gateway has read some of it."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, how often and from where."""

    port: int
    source: str
    body: str
    connections: int
    seconds: float
    rate: float = 0
    """Requests a second, sent whether or not the last ones are answered; 0: each connection waits for its answer."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    sent: int
    answers: dict[str, int]
    """Status → how many."""
    seconds: float
    p50_ms: float = 0
    p99_ms: float = 0
    """Of those that waited for their answer."""


class Load:
    """Runs one job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._request = _request(job)
        self._sent = 0
        self._answers: Counter[str] = Counter()
        self._times_s: list[float] = []
        self._ends_s = 0.0

    async def run(self) -> Seen:
        """Until the time is over."""
        began_s = time.monotonic()
        self._ends_s = began_s + self._job.seconds
        work = self._send_steadily if self._job.rate else self._ask_in_turn
        await asyncio.gather(*(work() for _ in range(self._job.connections)))
        cuts = statistics.quantiles(self._times_s, n=100) if len(self._times_s) > 1 else [0.0] * 99
        return Seen(
            sent=self._sent,
            answers=dict(self._answers),
            seconds=time.monotonic() - began_s,
            p50_ms=cuts[49] * 1000,
            p99_ms=cuts[98] * 1000,
        )

    async def _ask_in_turn(self) -> None:
        reader, writer = await self._connect()
        while (asked_s := time.monotonic()) < self._ends_s:
            writer.write(self._request)
            self._sent += 1
            await self._read_answer(reader)
            self._times_s.append(time.monotonic() - asked_s)
        writer.close()

    async def _send_steadily(self) -> None:
        reader, writer = await self._connect()
        reading = asyncio.create_task(self._read_answers(reader))
        due, began_s = 0.0, time.monotonic()
        while (now_s := time.monotonic()) < self._ends_s:
            if reading.done():  # cut off: somebody who guesses comes again
                writer.transport.abort()
                await asyncio.gather(reading, return_exceptions=True)
                try:
                    reader, writer = await self._connect()
                except OSError:  # no place for it at this moment
                    await asyncio.sleep(TICK_S)
                    continue
                reading = asyncio.create_task(self._read_answers(reader))
            behind = int((now_s - began_s) * self._job.rate / self._job.connections - due)
            due += behind
            if writer.transport.get_write_buffer_size() < UNSENT_BYTES:
                writer.write(self._request * behind)
                self._sent += behind
            await asyncio.sleep(TICK_S)
        writer.transport.abort()
        await asyncio.gather(reading, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._job.port, local_addr=(self._job.source, 0))

    async def _read_answers(self, reader: asyncio.StreamReader) -> None:
        while True:
            await self._read_answer(reader)

    async def _read_answer(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        self._answers[head[9:12].decode()] += 1


def _request(job: Job) -> bytes:
    body = job.body.encode()
    head = (
        f"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Load(job).run())))
