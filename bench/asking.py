"""One client that asks for tokens on one connection that stays open, one at a time, and takes the time of each."""

from __future__ import annotations

import http.client
import socket
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from bench.load import TIMEOUT_S, Request
from bench.subjects.subject import NoTokenError


class Asking:
    """Asks for what *request* asks for; open while it is entered."""

    def __init__(self, request: Request) -> None:
        place = urlsplit(request.url)
        self._path, self._request = place.path, request
        self._headers = {"Host": request.host, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection = http.client.HTTPConnection(place.netloc, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def token(self) -> tuple[float, str]:
        """The ms that one token took, and its ``X-Request-Id``; a peer's answer may have none.

        Raises:
            NoTokenError: there was none; the text says what was said.
        """
        began_s = time.perf_counter()
        self._connection.request("POST", self._path, self._request.body, self._headers)
        with self._connection.getresponse() as answer:
            said = answer.read()
        took_ms = (time.perf_counter() - began_s) * 1000
        if answer.status != http.client.OK:
            raise NoTokenError(f"no token: {said.decode(errors='replace')}")
        return took_ms, answer.headers.get("X-Request-Id", "")

    def steadily(self, per_second: float, seconds: float) -> list[float]:
        """Ask so often for so long; the ms of each since it was due: one that is late makes the next late."""
        times_ms = []
        began_s = time.perf_counter()
        for number in range(round(per_second * seconds)):
            due_s = began_s + number / per_second
            time.sleep(max(0.0, due_s - time.perf_counter()))
            self.token()
            times_ms.append((time.perf_counter() - due_s) * 1000)
        return times_ms
