"""Ask the runner: for calls to other services, which its broker makes, and for what the rule has stored."""

import binascii
import itertools

import invocation
from contract import CONTRACT
from failures import FORBIDDEN_HOST, TOO_LARGE, UNSUPPORTED, failure

BOUNDS = CONTRACT["call"]
TOLD_APART_S = 0.05
"""An answer gets so much more time than a connection: a library gives both the same, and tells them apart."""

_numbers = itertools.count(1)


class Request:
    """A request of HTTP, whole."""

    as_sent = False
    """The one that makes it unpacks the body of the answer itself, as it asked for."""

    def __init__(self, method: str, url: str, headers: list, body: bytes, redirect: str) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.redirect = redirect


class Calls:
    """Asks for this host, one thing after the other."""

    def __init__(self, channel: object) -> None:
        self._channel = channel

    def make(self, request: Request, timeout_s: float | None = None, connect_s: float | None = None) -> dict:
        """The reply frame of one call, its body as bytes.

        Raises:
            CallError: there was no answer, or none within *timeout_s*, or no connection within *connect_s*.
        """
        return _answer(request, self.ask(_frame(request, timeout_s, connect_s)))

    async def make_without_blocking(
        self, request: Request, timeout_s: float | None = None, connect_s: float | None = None
    ) -> dict:
        """As `make`, while other tasks of the event loop go on."""
        return _answer(request, await self._ask_later(_frame(request, timeout_s, connect_s)))

    def ask(self, frame: dict) -> dict:
        """The reply to *frame*; an invocation that is over is refused."""
        asking = invocation.current()
        if asking.is_over:
            return {"error": CONTRACT["over"]}
        number = next(_numbers)
        self._channel.write({**frame, "id": number, "n": asking.number})
        reply = self._channel.read_reply(number)
        if reply is None:
            raise SystemExit
        return reply

    async def _ask_later(self, frame: dict) -> dict:
        """As `ask`; the loop waits for the reply among all else that it waits for."""
        import asyncio  # noqa: PLC0415  # who awaits has it

        asking = invocation.current()
        if asking.is_over:
            return {"error": CONTRACT["over"]}
        loop, number = asyncio.get_running_loop(), next(_numbers)
        reply = loop.create_future()
        self._channel.expect(number, reply, loop)
        try:
            self._channel.write({**frame, "id": number, "n": asking.number})
            return await reply
        finally:
            self._channel.forget(number, loop)


def _frame(request: Request, timeout_s: float | None, connect_s: float | None) -> dict:
    _check(request.url, request.headers, request.body)
    frame = {
        "t": "call",
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "body": binascii.b2a_base64(request.body, newline=False).decode(),
        "redirect": request.redirect,
        "as_sent": request.as_sent,
    }
    if connect_s is not None:
        frame["connect_timeout_ms"] = _milliseconds(connect_s)
        if timeout_s is not None and timeout_s >= connect_s:
            timeout_s = max(timeout_s, connect_s + TOLD_APART_S)
    if timeout_s is not None:
        frame["timeout_ms"] = _milliseconds(timeout_s)
    return frame


def _milliseconds(seconds: float) -> int:
    return max(1, min(BOUNDS["timeout_ms"], round(seconds * 1000)))


def _answer(request: Request, reply: dict) -> dict:
    if reply["error"] is not None:
        error = failure(f"{request.method} {request.url}: {reply['error']}", reply.get("code", ""))
        if error.code == FORBIDDEN_HOST:
            invocation.current().refused["/".join(request.url.split("/")[:3])] = str(error)
        raise error
    return {**reply, "body": binascii.a2b_base64(reply["body"])}


def _check(url: str, headers: list, body: bytes) -> None:
    """Say plainly what the runner would refuse as a broken frame."""
    if len(body) > BOUNDS["body_bytes"]:
        raise failure(f"{url}: the body is larger than {BOUNDS['body_bytes']} bytes", TOO_LARGE)
    if len(url) > BOUNDS["url_characters"]:
        raise failure(f"the URL is longer than {BOUNDS['url_characters']} characters", UNSUPPORTED)
    if len(headers) > BOUNDS["headers"]:
        raise failure(f"{url}: more than {BOUNDS['headers']} headers", TOO_LARGE)
    name_limit, value_limit = BOUNDS["header_name_characters"], BOUNDS["header_value_characters"]
    if any(len(name) > name_limit or len(value) > value_limit for name, value in headers):
        raise failure(f"{url}: a header is too long", TOO_LARGE)
