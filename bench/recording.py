"""What one watcher of the log got, kept as it came, and read once the run is over (RFC 6455 §5.2, RFC 7692 §7.2.2)."""

from __future__ import annotations

import json
import statistics
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

_TEXT, _COMPRESSED = 0x01, 0x40
_END_OF_FLUSH = b"\x00\x00\xff\xff"


class Chunk(NamedTuple):
    """What one read gave."""

    at_s: float
    """Since the epoch."""
    data: bytes


def reading_of(chunks: list[Chunk]) -> dict[str, Any]:
    """How many lines there are, how many records the gateway says it dropped, and how late the lines came."""
    lines = dropped = 0
    delays_ms: list[float] = []
    for at_s, message in _messages(chunks):
        record = json.loads(message)
        if record["type"] == "line":
            lines += 1
            delays_ms.append(at_s * 1000 - datetime.fromisoformat(record["ts"]).timestamp() * 1000)
        elif record["type"] == "dropped":
            dropped += record["count"] or 1
    delays_ms.sort()
    return {
        "lines": lines,
        "dropped": dropped,
        "delay_p50_ms": round(statistics.median(delays_ms), 1) if delays_ms else None,
        "delay_p99_ms": round(delays_ms[int(len(delays_ms) * 0.99)], 1) if delays_ms else None,
    }


def _messages(chunks: list[Chunk]) -> Iterator[tuple[float, bytes]]:
    """Every text message, and when its last byte came."""
    data = b"".join(chunk.data for chunk in chunks)
    inflating = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    position = arrived = 0
    came = iter(chunks)
    at_s = 0.0
    while position < len(data):
        length, begin = _length(data, position)
        head, position = data[position], begin + length
        while arrived < position:
            at_s, chunk = next(came)
            arrived += len(chunk)
        if head & 0x0F == _TEXT:
            payload = data[begin:position]
            yield at_s, inflating.decompress(payload + _END_OF_FLUSH) if head & _COMPRESSED else payload


def _length(data: bytes, position: int) -> tuple[int, int]:
    """Of the payload of the frame at *position*, and where it begins."""
    short = data[position + 1] & 0x7F
    if short == 126:
        return struct.unpack_from("!H", data, position + 2)[0], position + 4
    if short == 127:
        return struct.unpack_from("!Q", data, position + 2)[0], position + 10
    return short, position + 2
