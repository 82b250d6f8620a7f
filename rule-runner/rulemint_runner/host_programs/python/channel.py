"""Frames over descriptor 0: a 4-byte big-endian length, then JSON.

Descriptor 1 is the same socket for other languages; here it joins the engine's own output, so that a raw write cannot
break a frame by accident.
"""

import json
import os


class Channel:
    """This host's end of the channel."""

    def __init__(self) -> None:
        self._descriptor = os.dup(0)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self._encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
        self._decode = json.loads

    def read(self) -> dict | None:
        """The next frame; None once the runner has hung up."""
        header = self._read_exactly(4)
        if header is None:
            return None
        body = self._read_exactly(int.from_bytes(header, "big"))
        return None if body is None else self._decode(body)

    def write(self, frame: dict) -> None:
        """Send *frame*; returns once all of it is written."""
        body = self._encode(frame).encode()
        rest = len(body).to_bytes(4, "big") + body
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def _read_exactly(self, length: int) -> bytes | None:
        data = bytearray()
        while len(data) < length:
            chunk = os.read(self._descriptor, length - len(data))
            if not chunk:
                return None
            data += chunk
        return bytes(data)
