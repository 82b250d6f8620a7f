"""An answer that is known whole, in its two forms: aiohttp's response, and the bytes that aiohttp would send of it.

What `encoded` adds, and where, is what aiohttp and `compose` add to `response`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http_writer import _serialize_headers

SERVER = "rulemint"
"""All that an answer tells of what software gave it."""
_CLOSES = {"Connection": "close"}
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}


class WholeAnswer(NamedTuple):
    """Status, headers without those that every answer has, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def response(self) -> web.Response:
        """For aiohttp to send."""
        return web.Response(body=self.body, status=self.status, headers=self.headers)

    def encoded(self, *, closes: bool) -> bytes:
        """All of it, in HTTP/1.1; *closes*: the connection ends behind it.

        Raises:
            ValueError: a header has a line break.
        """
        headers = {
            **self.headers,
            "Content-Length": str(len(self.body)),
            "Date": rfc822_formatted_time(),
            "Server": SERVER,
            **(_CLOSES if closes else {}),
        }
        return _serialize_headers(_STATUS_LINES[self.status], headers) + self.body  # type: ignore[arg-type]  # any pairs
