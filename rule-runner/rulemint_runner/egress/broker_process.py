"""One broker process, as the runner sees it: started, asked, and gone at the end in every case.

Theory of operation. The process has an empty environment, and no descriptor of ours but one end of a socket pair and
its standard error. Calls are numbered here; an answer that nobody awaits, or anything that is no message, is the end of
the process. A call that was given up is awaited for a while all the same, so that a broker that has stopped answering
is found out and ended.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import structlog

from rulemint_runner.egress.errors import EgressDenied, EgressFailed
from rulemint_runner.egress.messages import (
    MAX_CALLS,
    MAX_FRAME_BYTES,
    Cancel,
    Fetch,
    Fetched,
    FromBroker,
    NotFetched,
    NotStarted,
    ProtocolError,
    Ready,
    Start,
    from_broker,
    to_broker,
)
from rulemint_shared.process.shortages import note_shortage

log = structlog.get_logger(__name__)

PROGRAM = ("-m", "rulemint_runner.egress")
START_TIMEOUT_S = 20.0
ANSWER_GRACE_S = 5.0
"""The time that the broker may take to answer a call that was given up."""
_STDERR_KEPT = 8 * 1024
_REAP_INTERVAL_S = 0.005

Answer = Fetched | NotFetched


class BrokerNotStartedError(Exception):
    """There is no broker; the text says why."""


class NotSentError(Exception):
    """The broker had gone before it was asked: another one may be."""


class BrokerProcess:
    """A broker. Make it with `spawn_broker`, `configure` it, `run` it, and `end` it."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tail: _Tail
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._reader = reader
        self._writer = writer
        self._tail = tail
        self._writing = asyncio.Lock()
        self._awaited: dict[int, asyncio.Future[Answer]] = {}
        self._numbers = itertools.count(1)
        self._free = asyncio.Semaphore(MAX_CALLS)
        """A call's place is free again when it is answered, not when it is given up."""
        self._has_gone = False

    async def configure(self, start: Start) -> None:
        """Tell it how to work, and wait until it has contained itself.

        Raises:
            BrokerNotStartedError: it has not.
        """
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._send(to_broker.encode(start))
                message = await from_broker.read(self._reader)
        except (TimeoutError, ProtocolError, NotSentError) as error:
            raise BrokerNotStartedError(f"the egress broker did not start: {error!r}") from error
        match message:
            case Ready():
                return
            case NotStarted(why=why):
                raise BrokerNotStartedError(f"the egress broker cannot start: {why}")
            case _:
                raise BrokerNotStartedError(f"the egress broker did not start: {self._tail.shown()}")

    def next_number(self) -> int:
        """A number for one call."""
        return next(self._numbers)

    async def ask(self, fetch: Fetch) -> Answer:
        """Return the answer to *fetch*. If the caller is cancelled, the call is cancelled.

        Raises:
            EgressError: the broker has gone since, or would not take the request.
            NotSentError: the broker had gone before.
        """
        try:
            frame = to_broker.encode_checked(fetch)
        except ValueError as error:
            raise EgressDenied(f"the request: {error}") from None
        await self._free.acquire()
        try:
            await self._send(frame)
        except BaseException:
            self._free.release()
            raise
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._awaited[fetch.number] = answer
        try:
            return await answer
        except asyncio.CancelledError:
            self._give_up(fetch.number)
            raise

    async def run(self) -> None:
        """Take its answers until it hangs up or must be ended; its calls have failed then."""
        try:
            while (message := await from_broker.read(self._reader)) is not None:
                self._take(message)
        except ProtocolError as error:
            log.error("the egress broker broke the protocol", pid=self.pid, error=str(error)[:500])  # noqa: TRY400  # its text says all
        finally:
            self._let_go()

    async def end(self) -> None:
        """Kill it, fail its calls, and wait until nothing of it is left. If cancelled, call it again."""
        self._let_go()
        while self._process.poll() is None:  # noqa: ASYNC110  # no thread waits for it: there may be none left
            await asyncio.sleep(_REAP_INTERVAL_S)
        self._tail.close()

    def how_it_ended(self) -> dict[str, object]:
        """For the operator's log: its exit code (a signal's number is negative) and the last it said."""
        return {"code": self._process.returncode, "stderr": self._tail.shown()}

    def _let_go(self) -> None:
        self._has_gone = True
        self._process.kill()
        self._writer.transport.abort()
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_exception(EgressFailed("the egress broker has gone; the call may have been made, or not"))

    async def _send(self, frame: bytes) -> None:
        """Write *frame* once what was written before has left: what waits here is never more than one."""
        async with self._writing:
            try:
                await self._writer.drain()
            except ConnectionError:
                self._has_gone = True
            if self._has_gone:
                raise NotSentError
            self._writer.write(frame)

    def _give_up(self, number: int) -> None:
        if self._has_gone or number not in self._awaited:
            return
        self._writer.write(to_broker.encode(Cancel(number=number)))
        asyncio.get_running_loop().call_later(ANSWER_GRACE_S, self._check_answered, number)

    def _check_answered(self, number: int) -> None:
        if number in self._awaited and not self._has_gone:
            log.error("the egress broker does not answer and is ended", pid=self.pid)
            self._process.kill()

    def _take(self, message: FromBroker) -> None:
        if isinstance(message, Ready | NotStarted):
            raise ProtocolError(f"{type(message).__name__} may not come now")
        answer = self._awaited.pop(message.number, None)
        if answer is None:
            raise ProtocolError(f"an answer to call {message.number}, which nobody awaits")
        self._free.release()
        if not answer.done():
            answer.set_result(message)


async def spawn_broker(program: Sequence[str] = PROGRAM) -> BrokerProcess:
    """A broker to be configured. *program* is what the interpreter runs.

    Raises:
        BrokerNotStartedError: there is no descriptor or process for it.
    """
    try:
        return await _spawn(program)
    except OSError as error:
        note_shortage(error, starting=True)
        raise BrokerNotStartedError(f"the egress broker did not start: {error}") from error


async def _spawn(program: Sequence[str]) -> BrokerProcess:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    our_stderr, their_stderr = socket.socketpair()
    with theirs, their_stderr, ExitStack() as undo:
        undo.callback(our_stderr.close)
        undo.callback(ours.close)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_FRAME_BYTES)
        _, tail = await loop.connect_accepted_socket(_Tail, our_stderr)
        undo.callback(writer.transport.abort)
        undo.callback(tail.close)
        # from this thread, which must not end before the broker: its death is what kills the broker
        process = subprocess.Popen(  # noqa: ASYNC220  # a few milliseconds, once
            [sys.executable, "-I", *program, str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=their_stderr.fileno(),
            cwd="/",
            env={},
            start_new_session=True,
        )
        undo.pop_all()  # from here on the broker looks after all of it
    return BrokerProcess(process, reader, writer, tail)


class _Tail(asyncio.Protocol):
    """The last of what a broker wrote about itself: for the operator's log, never for a tenant."""

    def __init__(self) -> None:
        self._text = b""
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember what to close."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep the end of it."""
        self._text = (self._text + data)[-_STDERR_KEPT:]

    def shown(self) -> str:
        """It, printable and short."""
        return self._text.decode(errors="backslashreplace").strip()[-1_000:]

    def close(self) -> None:
        """Read no more."""
        if self._transport is not None:
            self._transport.close()
