"""Segments of a stream's index, decoded: which ranges of the stream they cover, and which entries have all names.

`rulemint_shared.streams.index` says what the fields are. What cannot be read covers nothing, so it is searched in the
stream itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from struct import unpack
from typing import NamedTuple

from rulemint_shared.streams.index import COUNT_BYTES, MOST_SEGMENTS, MS_BYTES, NUMBER_BYTES

EntryId = tuple[int, int]
"""The time in ms and the number that the server gave an entry."""
FIRST: EntryId = (0, 0)
LAST: EntryId = (2**64 - 1, 2**64 - 1)
_STATE = re.compile(rb"(\d{1,15}) (\d{1,15}) \d{1,15} \d{1,15} (\d{1,20})-(\d{1,20})")
_META = re.compile(rb"(\d{1,20})-(\d{1,20}) (\d{1,20})-(\d{1,20}) \d{1,15} (\d{1,15}) (\d{1,15})")
_ID_BYTES = MS_BYTES + NUMBER_BYTES
_NUMBER_BITS = 8 * NUMBER_BYTES
_MOST_NUMBER = 2**_NUMBER_BITS - 1
_HEAD_BYTES = _ID_BYTES + COUNT_BYTES


class MalformedIndexError(Exception):
    """A field of the index is not as it should be."""


class State(NamedTuple):
    """The numbers of the first and the last segment, and the newest entry that is in one."""

    head: int
    tail: int
    newest: EntryId


class Region(NamedTuple):
    """The entries behind *after*, up to *upto*; *segment* knows them, or nobody does."""

    after: EntryId
    upto: EntryId
    segment: int | None = None
    earliest_ms: int = 0
    latest_ms: int = 0


def state_of(data: bytes | None) -> State | None:
    """The state that *data* spells; None: there is no index.

    Raises:
        MalformedIndexError: it spells none.
    """
    if data is None:
        return None
    match = _STATE.fullmatch(data)
    if match is None:
        raise MalformedIndexError("state")
    state = State(int(match[1]), int(match[2]), (int(match[3]), int(match[4])))
    if state.tail - state.head >= MOST_SEGMENTS:
        raise MalformedIndexError("state")
    return state


def regions_of(state: State | None, metas: Sequence[bytes | None]) -> list[Region]:
    """The whole stream as regions, the oldest first. *metas* are of the segments from the first of *state* on.

    Raises:
        MalformedIndexError: a segment is none.
    """
    regions: list[Region] = []
    last = FIRST
    for number, meta in enumerate(metas, start=0 if state is None else state.head):
        if state is None or meta is None:  # it has left by now
            continue
        match = _META.fullmatch(meta)
        if match is None:
            raise MalformedIndexError("segment")
        after, upto = (int(match[1]), int(match[2])), min((int(match[3]), int(match[4])), state.newest)
        if after > last:
            regions.append(Region(last, after))
        regions.append(Region(max(after, last), upto, number, int(match[5]), int(match[6])))
        last = max(last, upto)
    return [*regions, Region(last, LAST)]


def entries_named(postings: bytes) -> set[int]:
    """The entries that *postings* name, as numbers that grow with their ids: see `id_of`.

    Raises:
        MalformedIndexError: they end in the middle.
    """
    found: set[int] = set()
    at, end = 0, len(postings)
    while at + _HEAD_BYTES <= end:
        first, many = int.from_bytes(postings[at : at + _ID_BYTES], "big"), _count(postings, at)
        at += _HEAD_BYTES
        places = memoryview(postings)[at : at + COUNT_BYTES * many]
        if len(places) < COUNT_BYTES * many:
            break
        found.update(first + place for place in unpack(f">{many}H", places))
        at += COUNT_BYTES * many
    if at != end:
        raise MalformedIndexError("postings")
    return found


def id_of(entry: int) -> EntryId:
    """The id of an entry that is a number here."""
    return entry >> _NUMBER_BITS, entry & _MOST_NUMBER


def entries_begun(blocks: bytes, *, since_ms: int, until_ms: int) -> set[int]:
    """The entries of *blocks*, as numbers, that began since then and before then.

    Raises:
        MalformedIndexError: they end in the middle.
    """
    one_ms = since_ms.to_bytes(MS_BYTES, "big") if until_ms == since_ms + 1 else b""
    found: set[int] = set()
    at, end = 0, len(blocks)
    while at + _HEAD_BYTES <= end:
        first, begin = int.from_bytes(blocks[at : at + _ID_BYTES], "big"), at + _HEAD_BYTES
        at = begin + MS_BYTES * _count(blocks, at)
        if one_ms and one_ms not in blocks[begin:at]:
            continue
        for place, begun in enumerate(range(begin, at, MS_BYTES)):
            if since_ms <= int.from_bytes(blocks[begun : begun + MS_BYTES], "big") < until_ms:
                found.add(first + place)
    if at != end:
        raise MalformedIndexError("blocks")
    return found


def _count(data: bytes, at: int) -> int:
    """The number of entries of the block or posting at *at*."""
    return int.from_bytes(data[at + _ID_BYTES : at + _HEAD_BYTES], "big")
