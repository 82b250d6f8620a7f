"""An ending → its bytes: always some that a gateway takes, and that leave room for those of its neighbours."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import structlog

from rulemint_shared.contract import codecs
from rulemint_shared.contract.batches import MAX_PART_BYTES
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.messages import Ending, FailureReason, Outcome

KEPT_BYTES = 16 * 1024
"""Of an ending in a job's result; an outcome alone may have twice as much."""

log = structlog.get_logger(__name__)


class EndingPart(NamedTuple):
    """An ending that can travel."""

    data: bytes
    outcome: Outcome
    """The outcome that it has in the end."""


def ending_part(ending: Ending) -> EndingPart:
    """*ending* as it travels. One that cannot becomes a failure, and costs nobody else anything."""
    try:
        data = codecs.ending.encode(ending)
        if len(data) > MAX_PART_BYTES:
            data = codecs.ending.encode(_shortened(ending, by=len(data) - MAX_PART_BYTES))
        if len(data) <= MAX_PART_BYTES:
            return EndingPart(data, ending.outcome)
        why = f"what the rules returned is larger than {MAX_PART_BYTES} bytes"
    except codecs.EncodeError as error:
        why = f"what the rules returned cannot travel: {error}"
    log.warning("an ending was replaced by a failure", invocation=ending.invocation, why=why)
    instead = Ending(
        invocation=ending.invocation,
        outcome=failed(FailureReason.BAD_RESULT, why),
        picked_up_at_ms=ending.picked_up_at_ms,
        ended_at_ms=ending.ended_at_ms,
    )
    return EndingPart(codecs.ending.encode(instead), instead.outcome)


def kept_part(data: bytes) -> bytes:
    """Return the part of the ending in *data* that a job's result keeps, for a gateway that missed its publication.

    The lines of a flow that logs very much would be most of what a server holds. They are in the tenant's log.
    """
    if len(data) <= KEPT_BYTES:
        return data
    travelled = codecs.ending.decode(data)  # it may have become a failure
    left_out = travelled.lines_left_out + len(travelled.lines)
    shorter = msgspec.structs.replace(travelled, lines=[], calls=[], lines_left_out=left_out)
    data = codecs.ending.encode(shorter)
    return data if len(data) <= KEPT_BYTES else codecs.ending.encode(msgspec.structs.replace(shorter, reports=[]))


def _shortened(ending: Ending, *, by: int) -> Ending:
    """*ending* without as many of its last lines as take *by* bytes, and without calls if all lines take less."""
    lines = list(ending.lines)
    while lines and by > 0:
        by -= len(_encoder.encode(lines.pop()))
    left_out = ending.lines_left_out + len(ending.lines) - len(lines)
    return msgspec.structs.replace(ending, lines=lines, lines_left_out=left_out, calls=ending.calls if by <= 0 else [])


_encoder = msgspec.msgpack.Encoder()
