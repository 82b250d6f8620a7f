"""One client's connection: aiohttp's, with deadlines, a place among others, and errors in words of our own.

aiohttp times nothing but idle connections, and what its parser refuses it logs with the request's own bytes. Here a
head and a body each have a deadline for the whole of it, so one byte a second does not help. A request that comes in
one piece, as nearly all do, never starts a timer.

All of it stands in one class, because aiohttp calls back into one object and each step depends on what came before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, NamedTuple, cast

import structlog
from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import _ErrInfo

from rulemint_gateway.web.connections import faults
from rulemint_gateway.web.connections.fault_answers import fault_answer
from rulemint_gateway.web.connections.faults import Fault, fault_of
from rulemint_gateway.web.connections.open_connections import CutShort, OpenConnections, Patience, Place
from rulemint_gateway.web.connections.refusals import EarlyRefusal, RefusesEarly
from rulemint_gateway.web.connections.shortcut import Shortcut, ShortcutHandler
from rulemint_gateway.web.http.body_faults import BodyFaultError, LateBodyError, MalformedBodyError
from rulemint_gateway.web.http.problems import http_problem
from rulemint_shared.process.service_log import log_unexpected

log = structlog.get_logger(__name__)

START = 32


class Deadlines(NamedTuple):
    """The times that a client may take, in seconds."""

    head_s: float
    """From the first byte of a request, or from connecting, to the end of its headers."""
    body_s: float
    """From there to the end of its body."""
    idle_s: float
    """From an answer to the next request."""


class Connection(ShortcutHandler):
    """aiohttp's connection; *place* is its own if it had one before it was made."""

    __slots__ = (
        "_body",
        "_deadlines",
        "_early",
        "_fault",
        "_head",
        "_head_size",
        "_held",
        "_open",
        "_place",
        "_start",
        "_timer",
    )

    def __init__(
        self,
        manager: web.Server,
        *,
        deadlines: Deadlines,
        among: OpenConnections,
        early: RefusesEarly | None = None,
        shortcut: Shortcut | None = None,
        place: Place | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            manager,
            shortcut=shortcut,
            keepalive_timeout=deadlines.idle_s,
            max_line_size=faults.MAX_REQUEST_LINE,
            max_field_size=faults.MAX_HEADER,
            max_headers=faults.MAX_HEADERS,
            auto_decompress=False,  # aiohttp takes half a gzip for a whole one
            access_log=None,  # aiohttp's own way to have none
            **settings,
        )
        self._deadlines = deadlines
        self._open = among
        self._early = early
        self._place = place
        self._held: asyncio.TimerHandle | None = None
        """Until an early refusal is sent."""
        self._timer: asyncio.TimerHandle | None = None
        self._body: StreamReader | None = None
        """The body that has begun to arrive, until it has ended."""
        self._head = b""
        """The end of a head of which a part has come."""
        self._head_size = 0
        self._start = b""
        """The first bytes of the request that is refused."""
        self._fault: Fault | None = None
        """Of the request that is about to be refused."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or end at once."""
        if self._place is None:
            peer = transport.get_extra_info("peername")
            self._place = self._open.enter(peer[0] if peer else "", self)
            if self._place is None:
                self._force_close = True
                cast("asyncio.WriteTransport", transport).abort()
                return
        else:
            self._place.hold(self)
        super().connection_made(transport)
        self._time(self._deadlines.head_s)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        if self._place is not None:
            self._place.leave()
        self._stop_timer()
        if self._held is not None:
            self._held.cancel()
        if self._body is not None and not self._force_close:
            self._open.count(CutShort.CLIENT_GONE)
        self._body = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read *data*, now or in the next turn of the loop."""
        if self._body is not None or not self._keeps(data):
            self._received(data)

    def _received(self, data: bytes) -> None:
        """Parse, and see what the client now owes us."""
        if self._is_deaf or (self._early is not None and self._early.failing and self._refuses_early(data)):
            return
        requests = self._request_count
        is_parked = not self._head and self._body is None and self._park()
        try:
            super().data_received(data)
        except Exception as error:  # noqa: BLE001  # all that the parser trips over is the request's fault
            self._request_count += 1
            self._queue(_ErrInfo(HTTPStatus.BAD_REQUEST, error, ""))
        if self._request_count != requests:
            self._began(data)
        elif data:
            self._went_on(data)
        if is_parked:
            self._hand_on(len(data))

    def _refuses_early(self, data: bytes) -> bool:
        """Answer *data* without aiohttp, which waits for it, if its request is refused early; true if it was."""
        if self._held is not None:  # no usual client sends more before it has its answer
            self._is_deaf = True
            return True
        if self._early is None or self._waiter is None or self._messages or self._head or self._body is not None:
            return False
        refusal = self._early.of(self._peer, data)
        if refusal is None:
            return False
        self._stop_timer()
        if refusal.wait_s:
            self._pause_transport_reading()
            self._held = self._loop.call_later(refusal.wait_s, self._send_refusal, refusal)
        else:
            self._send_refusal(refusal)
        return True

    def _send_refusal(self, refusal: EarlyRefusal) -> None:
        if self._held is not None:
            self._held = None
            self._resume_transport_reading()
        if self.transport is None:
            return
        self.transport.write(refusal.answer)
        if refusal.closes or self._is_deaf:
            self.close()
            self.transport.close()
            return
        self._keep_alive()

    def _began(self, data: bytes) -> None:
        """At least one head has come to its end, or to nothing."""
        message, body = self._messages[-1]
        if isinstance(message, _ErrInfo):
            self._start = self._start if self._head else data[:START]
            self._refuse(fault_of(message.exc, self._head + data))
            return
        if body.is_eof():
            self._body = None
            if self._timer is not None:
                self._stop_timer()
        else:
            self._body = body
            self._time(self._deadlines.body_s)
        if self._head:
            self._head, self._head_size = b"", 0

    def _went_on(self, data: bytes) -> None:
        """A part of a body, of a head, or of what an upgraded connection speaks."""
        if self._upgraded or self._payload_parser is not None:
            return
        if self._body is not None:
            if self._body.is_eof():
                self._body = None
                self._stop_timer()
            return
        if self._timer is None:
            self._time(self._deadlines.head_s)
            # aiohttp's timer for idle connections must not end this one sooner
            self._next_keepalive_close_time = max(
                self._next_keepalive_close_time, self._loop.time() + self._deadlines.head_s + 1
            )
        if not self._head:
            self._start = data[:START]
        self._head_size += len(data)
        self._head = (self._head + data)[-faults.KEPT_OF_A_HEAD :]
        if self._head_size > faults.MAX_HEAD:
            self._refuse_unfinished(faults.TOO_LARGE_HEAD)

    def _refuse(self, fault: Fault) -> None:
        """Answer with *fault* what stands at the end of the queue, and read nothing more."""
        self._is_deaf = True
        self._stop_timer()
        if self._body is not None and not self._body.is_eof():  # then its request is asked about, not the next
            self._messages.pop()
            self._body.set_exception(MalformedBodyError(fault.description))
            self._body = None
        self._fault = fault

    def _refuse_unfinished(self, fault: Fault) -> None:
        """Answer a request whose head did not come to its end."""
        self._queue(_ErrInfo(fault.status, HttpProcessingError(), ""))
        self._refuse(fault)

    def _queue(self, refusal: _ErrInfo) -> None:
        self._messages.append((refusal, EMPTY_PAYLOAD))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _time(self, within_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(within_s, self._too_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if self._body is not None:
            self._is_deaf = True
            self._open.count(CutShort.LATE_BODY)
            self._body.set_exception(LateBodyError())
            self._body = None
        elif self._head:
            self._refuse_unfinished(faults.LATE_HEAD)
        else:
            self._open.count(CutShort.LATE_HEAD)
            self._break_off()

    def _process_keepalive(self) -> None:
        transport = self.transport
        super()._process_keepalive()
        if self._force_close and transport is not None and transport.get_write_buffer_size():
            transport.abort()

    def _break_off(self) -> None:
        """Close without waiting until what was written is taken."""
        transport = self.transport
        self.force_close()
        if transport is not None:
            transport.abort()

    def patience(self) -> Patience | None:
        """The time for which it has let us wait; None while it waits for us."""
        if self.transport is not None and self.transport.is_closing():
            return Patience(idle=False, since_s=0)  # it does not take the end of its answer
        if self._timer is not None:
            return Patience(idle=False, since_s=self._timer.when())
        if self._waiter is not None and not self._waiter.done():
            return Patience(idle=True, since_s=self._next_keepalive_close_time)
        return None

    def shed(self) -> None:
        """Make room."""
        if self._place is not None:
            self._place.leave()
        self._break_off()

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """Send the answer."""
        if isinstance(resp, web.HTTPException) and resp.status >= HTTPStatus.BAD_REQUEST:
            resp = http_problem(resp)  # raised before any middleware, as for an Expect header
        if self._is_deaf:
            resp.force_close()
        sending = super().finish_response(request, resp, start_time)
        return self._after_upgrade(sending) if self._upgraded else sending

    async def _after_upgrade(
        self, sending: Coroutine[Any, Any, tuple[web.StreamResponse, bool]]
    ) -> tuple[web.StreamResponse, bool]:
        """Send, then give deadlines to what came behind an upgrade that was declined."""
        sent = await sending
        if not self._upgraded and self._messages:
            self._began(b"")
        return sent

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,  # noqa: ARG002  # as aiohttp calls it
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # with the request's own words
    ) -> web.StreamResponse:
        """The answer to what cannot be read, and to what failed where no handler could catch it."""
        fault, self._fault = self._fault, None
        if fault is None and isinstance(exc, HttpProcessingError):
            fault = fault_of(exc, b"")
        if fault is not None:
            self._open.unreadable(fault.reason, fault.description)
        else:
            self.log_exception("a request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        return fault_answer(fault, self._start)

    def log_exception(self, *_args: Any, **kw: Any) -> None:
        """Say where it happened; an exception's own words may hold the request's."""
        error = kw.get("exc_info")
        if isinstance(error, BodyFaultError | ConnectionError):
            return
        log_unexpected(log, "a connection failed", error if isinstance(error, BaseException) else RuntimeError())
