"""Turn frames into bytes and back: a frame is a 4-byte big-endian length, then one JSON object."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rulemint_runner.hosts.wire.frames import FromHost, ToHost
from rulemint_shared.host_contract import HOST_CONTRACT

MAX_FRAME_BYTES = 2 * 1024 * 1024
"""Room for a call with a body of 1 MiB, which JSON carries as base64."""
MAX_PACKET_BYTES = HOST_CONTRACT.packet_bytes

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[FromHost] = msgspec.json.Decoder(FromHost)


class ProtocolError(Exception):
    """A host sent what is no frame, or a frame that may not come now."""


def packets_of(frame: ToHost) -> tuple[bytes, ...]:
    """*frame* as it goes to a host: one packet if it fits."""
    body = _encoder.encode(frame)
    data = len(body).to_bytes(4, "big") + body
    if len(data) <= MAX_PACKET_BYTES:
        return (data,)
    return tuple(data[at : at + MAX_PACKET_BYTES] for at in range(0, len(data), MAX_PACKET_BYTES))


class FrameDecoder:
    """Bytes as they arrive → frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, FromHost]]:
        """The frames that *data* completes, each with its size in bytes, so that what precedes a bad one still counts.

        Raises:
            ProtocolError: it holds something else.
        """
        self._buffer += data
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(f"a frame of {length} bytes")
            if len(self._buffer) < 4 + length:
                break
            body = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield 4 + length, _decode(body)


def _decode(body: bytes) -> FromHost:
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(str(error)) from error
