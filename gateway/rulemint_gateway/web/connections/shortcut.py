"""A short way through aiohttp for requests that are nearly all there are: whole, plain, and alone on their connection.

aiohttp parses everything that comes, here as ever: no second reader of HTTP could take a request for another one. But
if it is idle, and one read holds one whole request that a `Shortcut` takes, then that is answered at once. It needs no
request, no response and no two turns of the event loop of aiohttp's; to aiohttp it is as if nothing had come. What
comes until the answer is written waits in aiohttp's own queue, with aiohttp's own bounds, and aiohttp answers it
afterwards.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, Protocol

from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from multidict import CIMultiDictProxy

from rulemint_gateway.web.http.whole_answer import WholeAnswer

_LONGEST_READ = 64 * 1024
"""Of head and body. A read that is longer is left to aiohttp."""
_AT_ONCE: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}
"""A task that begins before it is waited for, as aiohttp's do where Python can."""


class Shortcut(Protocol):
    """Knows which requests need nothing of aiohttp's, and answers them."""

    def takes(self, message: RawRequestMessage) -> bool:
        """True if the request with this head is one of them."""

    def answer(
        self, headers: CIMultiDictProxy[str], body: bytes, *, peer: str, is_secure: bool
    ) -> Coroutine[Any, Any, WholeAnswer]:
        """The answer to one."""


class ShortcutHandler(RequestHandler):
    """aiohttp's connection with a *shortcut*, or without."""

    __slots__ = ("_is_deaf", "_is_secure", "_kept", "_parked", "_peer", "_serving", "_shortcut")

    def __init__(self, *arguments: Any, shortcut: Shortcut | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._shortcut = shortcut
        self._peer = ""
        self._is_secure = False
        self._is_deaf = False
        """Bytes that still come are not read."""
        self._kept: list[bytes] = []
        """Bytes that came while aiohttp was on its way to wait for them."""
        self._parked: asyncio.Future[None] | None = None
        """The future by which aiohttp waits for the next request, while it is not to be woken."""
        self._serving: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note who is there."""
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else ""
        self._is_secure = transport.get_extra_info("sslcontext") is not None
        super().connection_made(transport)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109  # as aiohttp calls it
        """End, once the request under way is answered, or after *timeout* seconds."""
        await super().shutdown(timeout)
        if self._serving is not None:
            self._serving.cancel()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002  # as aiohttp calls it
        """Go on if reading was paused: aiohttp parses nothing once more whenever a body is taken."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def _keeps(self, data: bytes) -> bool:
        """Keep *data* for a turn of the loop if aiohttp will wait for it by then.

        aiohttp needs a turn when it has just answered, and when the connection is new. A quick client's next request
        comes within that. Without this aiohttp would have it, and all that follow.
        """
        if not self._kept:
            is_busy = self._waiter is not None or self._messages or self._request_in_progress
            if is_busy or self._shortcut is None or not data:
                return False
            self._loop.call_soon(self._take_up)
        self._kept.append(data)
        return True

    def _take_up(self) -> None:
        kept, self._kept = self._kept, []
        for data in kept:
            if self.transport is not None:
                self._received(data)

    def _received(self, data: bytes) -> None:
        """Read *data*, which has waited long enough."""
        raise NotImplementedError

    def _park(self) -> bool:
        """Have aiohttp not be woken by what comes, if it is idle; then `_hand_on` has to follow."""
        waiter = self._waiter
        if self._shortcut is None or waiter is None or waiter.done() or self._messages:
            return False
        self._parked, self._waiter = waiter, None
        return True

    def _hand_on(self, size: int) -> None:
        """Take what *size* bytes have been parsed to, or wake aiohttp if anything came of them."""
        if not self._messages:
            self._waiter, self._parked = self._parked, None
            return
        message, body = self._messages[0]
        shortcut = self._shortcut
        if (
            shortcut is not None
            and len(self._messages) == 1
            and size <= _LONGEST_READ
            and body.is_eof()
            and not isinstance(message, _ErrInfo)
            and shortcut.takes(message)
        ):
            self._take(shortcut.answer(message.headers, body.read_nowait(), peer=self._peer, is_secure=self._is_secure))
        else:
            self._wake()

    def _take(self, answer: Coroutine[Any, Any, WholeAnswer]) -> None:
        self._messages.clear()
        if self._parser is not None:
            self._parser.message_consumed()
        if self._manager is not None:
            self._manager.requests_count += 1
        self._request_in_progress = True
        task = asyncio.Task(self._serve(answer), loop=self._loop, **_AT_ONCE)
        self._serving = None if task.done() else task

    async def _serve(self, answer: Coroutine[Any, Any, WholeAnswer]) -> None:
        """Send the *answer*, and take part in aiohttp's farewell as its own requests do."""
        try:
            whole = await answer
            if self.transport is not None and not self.transport.is_closing():
                self.transport.write(whole.encoded(closes=self._is_deaf))
                if self._paused:
                    await self._drain_helper()
        except ConnectionError:
            pass  # nobody is there to take it
        except Exception as error:  # noqa: BLE001  # nothing of it may be left half done
            self.log_exception("a request failed", exc_info=error)
            self.force_close()
        finally:
            self._serving = None
            self._request_in_progress = False
            if self._handler_waiter is not None and not self._handler_waiter.done():
                self._handler_waiter.set_result(None)
            self._go_on()

    def _go_on(self) -> None:
        """Leave the connection as aiohttp does after an answer of its own."""
        transport = self.transport
        if self._force_close or self._close or self._is_deaf or transport is None or transport.is_closing():
            if self._parked is not None:
                self._parked.cancel()  # its task ends
                self._parked = None
            if transport is not None and not self._force_close:
                transport.close()
            return
        self._keep_alive()
        if self._messages:
            self._wake()
        else:
            self._waiter, self._parked = self._parked, None

    def _wake(self) -> None:
        waiter = self._waiter = self._parked
        self._parked = None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _keep_alive(self) -> None:
        """Wait for the next request, so long as a client may be idle."""
        self._keepalive = True
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._keepalive_handle is None:
            self._keepalive_handle = self._loop.call_at(self._next_keepalive_close_time, self._process_keepalive)
