"""Ask the runner: for calls to other services, which its broker makes, and for what the rule has stored."""

import binascii
import itertools

import invocation

MAX_BODY_BYTES = 1024 * 1024
MAX_URL_CHARACTERS = 8 * 1024
MAX_HEADERS = 100
MAX_HEADER_NAME, MAX_HEADER_VALUE = 256, 8 * 1024

OVER = "calls and the storage are possible only while an invocation runs, and the one that asks is over"

_numbers = itertools.count(1)


class CallError(OSError):
    """The call got no answer; the text says why."""

    __module__ = "rulemint"


class Calls:
    """Asks for this host, one thing after the other."""

    def __init__(self, channel: object) -> None:
        self._channel = channel

    def make(self, method: str, url: str, headers: list, body: bytes, redirect: str) -> dict:
        """The reply frame of one call, its body as bytes.

        Raises:
            CallError: there was no answer.
        """
        _check(url, headers, body)
        reply = self.ask(
            {
                "t": "call",
                "method": method,
                "url": url,
                "headers": headers,
                "body": binascii.b2a_base64(body, newline=False).decode(),
                "redirect": redirect,
            }
        )
        if reply["error"] is not None:
            raise CallError(f"{method} {url}: {reply['error']}")
        return {**reply, "body": binascii.a2b_base64(reply["body"])}

    def ask(self, frame: dict) -> dict:
        """The reply to *frame*; an invocation that is over is refused."""
        asking = invocation.current()
        if asking.is_over:
            return {"error": OVER}
        number = next(_numbers)
        self._channel.write({**frame, "id": number, "n": asking.number})
        reply = self._channel.read_reply(number)
        if reply is None:
            raise SystemExit
        return reply


def _check(url: str, headers: list, body: bytes) -> None:
    """Say plainly what the runner would refuse as a broken frame."""
    if len(body) > MAX_BODY_BYTES:
        raise CallError(f"{url}: the body is larger than {MAX_BODY_BYTES} bytes")
    if len(url) > MAX_URL_CHARACTERS:
        raise CallError("the URL is too long")
    if len(headers) > MAX_HEADERS:
        raise CallError(f"{url}: more than {MAX_HEADERS} headers")
    if any(len(name) > MAX_HEADER_NAME or len(value) > MAX_HEADER_VALUE for name, value in headers):
        raise CallError(f"{url}: a header is too long")
