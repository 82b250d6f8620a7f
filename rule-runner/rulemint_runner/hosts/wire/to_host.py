"""Send frames to a host as packets. Those that it has not read can be taken back.

Theory of operation. A host's descriptor 0 is one end of a pair of SOCK_SEQPACKET sockets (unix(7)). A frame is one
packet, and the host reads one packet when it is ready for the next, so what it has not come to stays in the kernel. The
runner keeps a duplicate of the host's end. To read from it takes a packet away whole, or finds that the host has it:
there is nothing between. Several are taken one by one, oldest first, and the host may read one in between.

Only a frame that is too long for one packet is several, cut so that none has parts of two.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Sequence

from rulemint_runner.hosts.wire.packets import MAX_PACKET_BYTES


class ToHost:
    """The runner's end, and its duplicate of the host's."""

    def __init__(self, our_end: socket.socket, host_end: socket.socket) -> None:
        """Both are closed by `abort`. *host_end* is a duplicate, with the host's own flags: nobody may change them."""
        our_end.setblocking(False)
        self._our_end = our_end
        self._host_end = host_end
        self._waiting: deque[bytes] = deque()
        """For which the kernel has had no room."""
        self._drained = asyncio.Event()
        self._drained.set()
        self._loop = asyncio.get_running_loop()

    def send_at_once(self, packet: bytes) -> bool:
        """Send *packet* if there is room for it now."""
        if self._waiting or self._is_closed:
            return False
        return self._send(packet)

    def write(self, packets: Sequence[bytes]) -> None:
        """Send *packets*, soon; a host that is gone hears nothing more."""
        if self._is_closed:
            return
        self._waiting.extend(packets)
        if self._drained.is_set():
            self._send_waiting()
            if self._waiting:
                self._drained.clear()
                self._loop.add_writer(self._our_end, self._send_waiting)

    async def drained(self) -> None:
        """Wait until there was room for everything, or nobody reads any more."""
        await self._drained.wait()

    def take_back(self) -> list[bytes]:
        """Take back what the host has not read, in its order: it never will."""
        taken: list[bytes] = []
        if not self._is_closed:
            try:
                while packet := self._host_end.recv(MAX_PACKET_BYTES, socket.MSG_DONTWAIT):
                    taken.append(packet)
            except OSError:  # there is nothing, or will never be
                pass
            taken += self._waiting
            self._waiting.clear()
            self._send_waiting()
        return taken

    def abort(self) -> None:
        """Hang up at once."""
        if not self._is_closed:
            self._loop.remove_writer(self._our_end)
            self._our_end.close()
            self._host_end.close()
        self._waiting.clear()
        self._drained.set()

    @property
    def _is_closed(self) -> bool:
        return self._our_end.fileno() < 0

    def _send(self, packet: bytes) -> bool:
        try:
            self._our_end.send(packet)
        except BlockingIOError:
            return False
        except OSError:  # the host has shut its end: a turn that waits for an answer hears so at its deadline
            return True
        return True

    def _send_waiting(self) -> None:
        while self._waiting and self._send(self._waiting[0]):
            self._waiting.popleft()
        if not self._waiting and not self._drained.is_set():
            self._loop.remove_writer(self._our_end)
            self._drained.set()
