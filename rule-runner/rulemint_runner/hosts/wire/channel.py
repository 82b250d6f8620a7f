"""Hold the runner's ends of a host's three socket pairs: frames to it, frames from it, complaints of its engine.

Each direction has a pair of its own. Reading from a pair wakes the process that waits at its other end, because there
is room to write again. With one pair, a host that waits for its next frame would wake up once more after every answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import structlog

from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.packets import FrameDecoder, ProtocolError, packets_of
from rulemint_runner.hosts.wire.to_host import ToHost
from rulemint_shared.contract.messages import FailureReason

log = structlog.get_logger(__name__)

ENGINE_TEXT_KEPT = 8 * 1024
MANY_BYTES = 16 * 1024
"""After so many at once the others have their turn: libuv reads on, 32 times, for as long as one host keeps writing."""


class Receiver(Protocol):
    """The listener that a channel tells."""

    def count(self, size: int) -> None:
        """So many bytes arrived."""

    def take(self, frame: frames.FromHost) -> None:
        """A frame arrived."""

    def kill(self, reason: FailureReason, detail: str) -> None:
        """Handle bytes that are no frame: end the host."""

    def hung_up(self) -> None:
        """Nothing more will arrive."""


class Channel:
    """A host's frames, in both directions."""

    def __init__(self, to_host: ToHost, from_host: FromHost) -> None:
        self._to_host = to_host
        self._from_host = from_host
        self.send_at_once = to_host.send_at_once
        self.take_back = to_host.take_back

    def deliver_to(self, receiver: Receiver) -> None:
        """Have *receiver* told what has arrived and what will, as soon as the caller waits for something."""
        self._from_host.deliver_to(receiver)

    def write(self, frame: frames.ToHost) -> None:
        """Send *frame* to the host, soon; a host that is gone hears nothing more."""
        self._to_host.write(packets_of(frame))

    def write_packets(self, packets: Sequence[bytes]) -> None:
        """Send what a frame was made into."""
        self._to_host.write(packets)

    async def drained(self) -> None:
        """Wait until the host has read most of what was sent, or is gone."""
        await self._to_host.drained()

    async def read_to_its_end(self) -> None:
        """Wait until everything that the host has sent was taken, or nobody will."""
        await self._from_host.closed.wait()

    def abort(self) -> None:
        """Hang up at once."""
        self._to_host.abort()
        self._from_host.abort()


class FromHost(asyncio.Protocol):
    """Bytes → frames → receiver. Plain reads: descriptors that a host sends along are dropped by the kernel.

    Frames that arrive before `deliver_to` are kept. A host may have written before anybody knows that it runs, and
    uvloop reads from a transport that was told at its start to wait.
    """

    def __init__(self) -> None:
        self._receiver: Receiver | None = None
        self._early = bytearray()
        self._hung_up_early = False
        self._decoder = FrameDecoder()
        self._transport: asyncio.Transport | None = None
        self.closed = asyncio.Event()
        """Set once there is nothing more to read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what we read from."""
        self._transport = cast("asyncio.Transport", transport)

    def deliver_to(self, receiver: Receiver) -> None:
        """Tell *receiver*, from the next moment on."""
        asyncio.get_running_loop().call_soon(self._begin_delivery, receiver)

    def _begin_delivery(self, receiver: Receiver) -> None:
        self._receiver = receiver
        early, self._early = bytes(self._early), bytearray()
        if early:
            self.data_received(early)
        if self._hung_up_early:
            self.eof_received()

    def abort(self) -> None:
        """Read nothing more."""
        if self._transport is not None:
            self._transport.abort()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Hand over the frames that are complete."""
        receiver = self._receiver
        if receiver is None:
            self._early += data
            return
        try:
            for size, frame in self._decoder.feed(data):
                receiver.count(size)
                receiver.take(frame)
        except ProtocolError as error:
            receiver.kill(FailureReason.CRASHED, f"the host broke the protocol: {error}")
        except Exception:  # a fault of ours: the frames behind this one are lost, so nobody may go on waiting for them
            log.exception("a frame of a host could not be handled")
            receiver.kill(FailureReason.CRASHED, "the runner failed")
        if len(data) >= MANY_BYTES and self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> None:
        """The host closed its end."""
        if self._receiver is None:
            self._hung_up_early = True
        else:
            self._receiver.hung_up()

    def connection_lost(self, _error: Exception | None) -> None:
        """There is nothing more to read."""
        self._transport = None
        self.closed.set()


class EngineText(asyncio.Protocol):
    """The last of what an engine wrote about itself: for the operator's log, never for the tenant."""

    def __init__(self) -> None:
        self.text = b""
        self.closed = asyncio.Event()
        self.on_text: Callable[[], None] | None = None
        """Called whenever it has written something more."""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what we read from."""
        self._transport = cast("asyncio.Transport", transport)

    def abort(self) -> None:
        """Read nothing more."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Keep the end of it."""
        self.text = (self.text + data)[-ENGINE_TEXT_KEPT:]
        if self.on_text is not None:
            self.on_text()

    def connection_lost(self, _error: Exception | None) -> None:
        """The process has ended, or closed its standard error."""
        self._transport = None
        self.closed.set()

    def shown(self) -> str:
        """The very end of it, on one line's worth of a log."""
        return self.text.decode(errors="backslashreplace").strip()[-1_000:]
