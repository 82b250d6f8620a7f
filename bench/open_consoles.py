"""Many open consoles in one process: each is a session of its own that asks and watches as its pages do.

``python -m bench.open_consoles URL CONSOLES`` reads an administrator's credentials from its input as JSON. It prints
``ready`` once all are signed in and watch. At the next line of input it prints what they saw, as JSON.

Each does at once what the Overview and the Logs page do: the calls that repeat, and the websocket of the whole log.
They stand for as many machines, so the log's bytes are counted and thrown away, as `bench.watching` does.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import socket
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import aiohttp

from bench.children import prepare
from bench.watching import PONG_EVERY_S, READ_BYTES, UNASKED_PONG, opened

MINUTES = 15
CALLS: dict[str, float] = {
    "/api/v2/stats/minutes?last=60": 5,
    "/api/v2/status": 5,
    "/api/v2/exchanges?outcome=failed&take=100": 15,
    "/api/v2/exchanges?outcome=refused&take=100": 15,
    "/api/v2/rules": 15,
    "/api/v2/quotas": 15,
}
"""A path and the seconds from an answer to the next call, as ``pages/overview/overview.js`` has them."""
TAIL = 1_000
"""The records of the past that the Logs page begins with."""
OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "X-Rulemint-Console": "1", "Accept-Encoding": "gzip"}


class OpenConsole:
    """One session with its two pages; *seen* counts for all of them."""

    def __init__(self, url: str, session: aiohttp.ClientSession, seen: Counter[str]) -> None:
        self._url = url
        self._session = session
        self._seen = seen
        self._nowhere = bytearray(READ_BYTES)
        self.cookie = ""

    async def sign_in(self, credentials: dict[str, str]) -> None:
        """Get the cookie of a session.

        Raises:
            SystemExit: it is refused.
        """
        own = {name: credentials[name] for name in ("client_id", "client_secret")}
        path = f"{self._url}/console/api/session"
        async with self._session.post(path, json=own, headers=OWN_PAGE) as answer:
            if answer.status != http.client.CREATED:
                raise SystemExit(f"a console is not let in: {await answer.text()}")
            found = SimpleCookie(answer.headers["Set-Cookie"])
            self.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in found.items())

    async def watch(self) -> socket.socket:
        """Open the log's websocket and count what comes."""
        connection = await asyncio.to_thread(
            opened, urlsplit(self._url).hostname or "", urlsplit(self._url).port or 80, self._handshake()
        )
        asyncio.get_running_loop().add_reader(connection, self._take, connection)
        return connection

    async def repeat(self, path: str, pause_s: float) -> None:
        """Call *path* again and again."""
        headers = {"Cookie": self.cookie, **OWN_PAGE}
        while True:
            since = f"&since={round((time.time() - MINUTES * 60) * 1_000)}" if "outcome" in path else ""
            async with self._session.get(f"{self._url}{path}{since}", headers=headers) as answer:
                self._seen["answer_bytes"] += len(await answer.read())
                self._seen["answers" if answer.status == http.client.OK else "refused"] += 1
            await asyncio.sleep(pause_s)

    def _handshake(self) -> bytes:
        lines = [
            f"GET /logs?tail={TAIL} HTTP/1.1",
            f"Host: {urlsplit(self._url).netloc}",
            f"Origin: {self._url}",
            f"Cookie: {self.cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _take(self, connection: socket.socket) -> None:
        count = connection.recv_into(self._nowhere, READ_BYTES, socket.MSG_TRUNC)
        self._seen["log_bytes"] += count
        if not count:
            asyncio.get_running_loop().remove_reader(connection)
            self._seen["closed"] += 1


async def _be_heard(sockets: list[socket.socket]) -> None:
    while True:
        await asyncio.sleep(PONG_EVERY_S)
        for each in sockets:
            each.send(UNASKED_PONG)


async def _open(url: str, consoles: int, credentials: dict[str, str]) -> None:
    seen: Counter[str] = Counter(answers=0, refused=0, closed=0, answer_bytes=0, log_bytes=0)
    connector = aiohttp.TCPConnector(limit=0)
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(session)
        each = [OpenConsole(url, session, seen) for _ in range(consoles)]
        for console in each:
            await console.sign_in(credentials)
        sockets = [stack.enter_context(await console.watch()) for console in each]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        work = [asyncio.create_task(_be_heard(sockets))]
        for place, console in enumerate(each):
            work += [asyncio.create_task(console.repeat(path, pause_s)) for path, pause_s in CALLS.items()]
            if place + 1 < consoles:
                await asyncio.sleep(min(CALLS.values()) / consoles)  # people do not open it all at once
        await asyncio.to_thread(sys.stdin.readline)
        for task in work:
            task.cancel()
        ended = await asyncio.gather(*work, return_exceptions=True)
        seen["broken"] = sum(not isinstance(one, asyncio.CancelledError) for one in ended)
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    prepare()
    asyncio.run(_open(sys.argv[1], int(sys.argv[2]), json.loads(sys.stdin.readline())))
