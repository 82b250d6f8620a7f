"""The broker's side of the connection to the runner: calls in, answers out, any number at once.

Every call is answered exactly once, also one that was cancelled. A message that is none, or that may not come now,
ends the broker: the runner starts another.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import traceback
from collections.abc import Mapping

from rulemint_runner.egress.broker.calls import perform
from rulemint_runner.egress.broker.resolver import Lookups
from rulemint_runner.egress.broker.resolver_files import ResolverFiles
from rulemint_runner.egress.broker.sessions import Sessions
from rulemint_runner.egress.errors import Code, EgressError, Kind
from rulemint_runner.egress.messages import (
    MAX_CALLS,
    MAX_FRAME_BYTES,
    Cancel,
    Fetch,
    NotFetched,
    ProtocolError,
    Ready,
    Start,
    from_broker,
    to_broker,
)
from rulemint_shared.process.shortages import shortage_of
from rulemint_shared.public_addresses import AddressPolicy


class Server:
    """Serves one runner until it hangs up."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sessions: Sessions) -> None:
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()
        self._sessions = sessions
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: dict[int, asyncio.Task[None]] = {}
        """Those that are still being made, by number."""

    async def serve(self) -> None:
        """Answer calls; returns when the runner hangs up.

        Raises:
            ProtocolError: the runner broke the protocol.
        """
        await self._send(from_broker.encode(Ready()))
        while (message := await to_broker.read(self._reader)) is not None:
            match message:
                case Fetch(number=number):
                    self._start(number, message)
                case Cancel(number=number):
                    await asyncio.sleep(0)  # a call that came just before has begun now, and will be answered
                    if number in self._calls:
                        self._calls[number].cancel()
                case Start():
                    raise ProtocolError("a second start")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_idle(self) -> bool:
        """Tell whether no call is under way."""
        return not self._tasks

    def leave(self) -> None:
        """End as if the runner had hung up; it starts another broker."""
        self._reader.feed_eof()

    def _start(self, number: int, fetch: Fetch) -> None:
        if number in self._calls or len(self._tasks) >= MAX_CALLS:
            raise ProtocolError(f"call {number} is one too many, or comes twice")
        task = self._calls[number] = asyncio.create_task(self._answer(fetch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, fetch: Fetch) -> None:
        answer = await self._answer_to(fetch)
        del self._calls[fetch.number]  # from here on it cannot be cancelled
        await self._send(answer)

    async def _answer_to(self, fetch: Fetch) -> bytes:
        try:
            return from_broker.encode_checked(await perform(fetch, self._sessions))
        except EgressError as error:
            return _not_fetched(fetch, error.kind, error.why, error.code)
        except asyncio.CancelledError:
            return _not_fetched(fetch, Kind.FAILED, "cancelled")
        except Exception as error:  # noqa: BLE001  # a call that finds a bug of ours costs itself only
            if shortage := shortage_of(error):
                return _not_fetched(fetch, Kind.EXHAUSTED, f"{shortage.event}: {shortage.limit}")
            traceback.print_exc(file=sys.stderr)
            return _not_fetched(fetch, Kind.FAILED, "the broker could not make the call")

    async def _send(self, frame: bytes) -> None:
        """One at a time, and only once the one before has left: what waits is never more than one frame."""
        async with self._writing:
            self._writer.write(frame)
            await self._writer.drain()


def _not_fetched(fetch: Fetch, kind: Kind, why: str, code: Code | None = None) -> bytes:
    printable = why.encode(errors="backslashreplace").decode()
    return from_broker.encode(NotFetched(number=fetch.number, kind=kind, why=printable[:1_000], code=code))


async def serve_runner(
    control: socket.socket,
    *,
    hosts: Mapping[str, tuple[str, ...]],
    policy: AddressPolicy,
    tls: ssl.SSLContext,
    resolver_files: ResolverFiles,
) -> None:
    """Serve the runner at the other end of *control* until it hangs up.

    Raises:
        ProtocolError: the runner broke the protocol.
    """
    reader, writer = await asyncio.open_unix_connection(sock=control, limit=MAX_FRAME_BYTES)
    lookups = Lookups(hosts)
    sessions = Sessions(lookups, policy, tls)
    server = Server(reader, writer, sessions)
    watching = asyncio.create_task(resolver_files.wait_until_replaced(lambda: server.is_idle))
    watching.add_done_callback(lambda _: server.leave())
    try:
        await server.serve()
    finally:
        watching.cancel()
        await sessions.close()
        lookups.close()
        writer.transport.abort()
