"""Messages that carry many: made of parts that are encoded already, and taken part by part.

A part is encoded, and so checked, by itself before it joins a message. Its reader decodes a message as a whole. Only if
that fails, each part is decoded by itself: a bad one is refused alone, and its neighbours arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, NamedTuple

import msgspec

from rulemint_shared.contract import codecs
from rulemint_shared.contract.codecs import MAX_MESSAGE_BYTES, Codec, DecodeError
from rulemint_shared.contract.messages import BATCH_LIMIT, Batch, Ending, Endings, Invocation

MAX_PART_BYTES = MAX_MESSAGE_BYTES // BATCH_LIMIT - 1024
"""So that a message of the largest parts can be read."""
SENT_AT_ONCE_BYTES = 4 * 1024 * 1024
"""Larger messages are split: a server cuts a subscriber off that has a few dozen MiB to read."""


class Refused(NamedTuple):
    """A part that cannot be read."""

    invocation: str
    """The invocation's id; empty if that cannot be read either."""
    why: str


class _Endings(msgspec.Struct, frozen=True, kw_only=True):
    endings: list[msgspec.Raw]


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    gateway: str
    invocations: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=BATCH_LIMIT)]


class _EndingId(msgspec.Struct, frozen=True, kw_only=True):
    invocation: str


class _InvocationId(msgspec.Struct, frozen=True, kw_only=True):
    id: str


_encoder = msgspec.msgpack.Encoder()
_raw_endings: Codec[_Endings] = Codec(_Endings, name="endings")
_raw_batch: Codec[_Batch] = Codec(_Batch, name="batch")
_ending_id: Codec[_EndingId] = Codec(_EndingId, name="ending")
_invocation_id: Codec[_InvocationId] = Codec(_InvocationId, name="invocation")


def join_endings(endings: Iterable[bytes]) -> bytes:
    """The encoded `Endings` of encoded *endings*."""
    return _encoder.encode(_Endings(endings=[msgspec.Raw(ending) for ending in endings]))


def join_batch(gateway: str, invocations: Iterable[bytes]) -> bytes:
    """The encoded `Batch` of encoded *invocations*."""
    return _encoder.encode(_Batch(gateway=gateway, invocations=[msgspec.Raw(invocation) for invocation in invocations]))


def in_messages(parts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """*parts* in their order, so many together as one message should carry."""
    first = size = 0
    for index, part in enumerate(parts):
        if size and size + len(part) > SENT_AT_ONCE_BYTES:
            yield parts[first:index]
            first, size = index, 0
        size += len(part)
    if size:
        yield parts[first:]


def split_endings(data: bytes) -> tuple[Endings, list[Refused]]:
    """The endings of *data* that can be read, and those that cannot.

    Raises:
        DecodeError: *data* is no list of endings.
    """
    try:
        return codecs.endings.decode(data), []
    except DecodeError:
        endings: list[Ending] = []
        refused = []
        for part in map(bytes, _raw_endings.decode(data).endings):
            try:
                endings.append(codecs.ending.decode(part))
            except DecodeError as error:
                refused.append(Refused(_id_of_ending(part), str(error)))
        return Endings(endings=endings), refused


def split_batch(data: bytes) -> tuple[Batch, list[Refused]]:
    """The batch of *data* with those of its invocations that can be read, and those that cannot.

    Raises:
        DecodeError: *data* is no batch.
    """
    try:
        return codecs.batch.decode(data), []
    except DecodeError:
        raw = _raw_batch.decode(data)
        invocations: list[Invocation] = []
        refused = []
        for part in map(bytes, raw.invocations):
            try:
                invocations.append(codecs.invocation.decode(part))
            except DecodeError as error:
                refused.append(Refused(_id_of_invocation(part), str(error)))
        return Batch(gateway=raw.gateway, invocations=invocations), refused


def _id_of_ending(part: bytes) -> str:
    try:
        return _ending_id.decode(part).invocation
    except DecodeError:
        return ""


def _id_of_invocation(part: bytes) -> str:
    try:
        return _invocation_id.decode(part).id
    except DecodeError:
        return ""
