"""Streams that are bounded by number, bytes and age, written many entries to a command, and each entry once.

The script (`adding_script`) says how the server does it.

**Marks.** A writer that lost the reply to a batch sends the batch again. The ledger of the stream keeps the number of
each writer's newest batch, so the script recognises what it has written already. A writer sends its batches to a stream
one after the other: a batch that arrives behind a newer one of its writer is not written.

**Numbers.** The entries of a numbered stream have ids ``<ms>-<number>``: the number grows by one with each entry, so a
reader sees what it has missed. A writer that lost entries leaves their numbers free.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rulemint_shared import ids
from rulemint_shared.contract import redis_keys
from rulemint_shared.streams.adding_script import ADD, ADD_SHA1
from rulemint_shared.streams.index import Names

if TYPE_CHECKING:
    from redis.asyncio.client import Pipeline

Entry = tuple[str | bytes, ...]
"""Names and values in turn."""


class StreamBounds(NamedTuple):
    """The bounds of a stream."""

    entries: int
    """Kept, and up to 1/64 more."""
    bytes: int
    """Of memory, about; never more."""


class Mark(NamedTuple):
    """The number of a writer's batch."""

    writer: str
    number: int


class Marks:
    """The marks of one writer, each for one batch."""

    def __init__(self) -> None:
        self._writer = ids.random_text(10)
        self._numbers = itertools.count(1)

    def next(self) -> Mark:
        """The mark of the next batch."""
        return Mark(self._writer, next(self._numbers))


class Counts(NamedTuple):
    """The fields of a hash that grow when entries join their stream, and by how much."""

    key: str
    """Of the stream's tenant."""
    more: Mapping[str, int]


class Addition(NamedTuple):
    """Entries that join a stream together, in their order, and have the oldest leave until it is within its bounds.

    All entries have the same number of fields.
    """

    stream: str
    entries: Sequence[Entry]
    bounds: StreamBounds
    mark: Mark | None = None
    """With one, it may be sent again."""
    lost: int | None = None
    """Of a numbered stream: how many numbers are left free before the first. None: the server makes the ids."""
    not_before: str = ""
    """Entries with a lower id leave as well."""
    expires_s: int = 0
    """The stream goes if nothing joins it for so long, its ledger after twice that; 0: never.

    One that an earlier release gave an expiry loses it with the first addition that has *not_before*.
    """
    counts: Counts | None = None
    names: Names | None = None
    """With them its entries are in the stream's index; the server makes their ids."""


def queue_addition(pipe: Pipeline, addition: Addition, *, by_name: bool = False) -> None:
    """Queue *addition* on *pipe*.

    With *by_name* the server is not sent the script: one that does not know it answers with a `NoScriptError`.
    """
    bounds, mark, counts, indexed = addition.bounds, addition.mark, addition.counts, addition.names
    names = [addition.stream, redis_keys.ledger(addition.stream)]
    if indexed is not None:
        names.append(indexed.key)
    arguments: list[str | bytes] = [str(bounds.entries), str(bounds.bytes), addition.not_before]
    arguments += [str(addition.expires_s), str(len(addition.entries[0]) if addition.entries else 1)]
    arguments += [f"@{mark.writer}", str(mark.number)] if mark else ["", ""]
    arguments.append("" if addition.lost is None else str(addition.lost))
    arguments.append("0" if counts is None else str(2 * len(counts.more)))
    arguments.append("" if indexed is None else "1")
    if counts is not None:
        names.append(counts.key)
        arguments += (word for name, more in counts.more.items() for word in (name, str(more)))
    if indexed is not None:
        arguments += (indexed.began, str(indexed.earliest_ms), str(indexed.latest_ms), indexed.postings)
    arguments += (word for entry in addition.entries for word in entry)
    script = ("EVALSHA", ADD_SHA1) if by_name else ("EVAL", ADD)  # a cluster's pipeline has no method for the first
    pipe.execute_command(*script, len(names), *names, *arguments)


def add_entries(pipe: Pipeline, stream: str, entries: Sequence[Entry], *, bounds: StreamBounds) -> None:
    """Queue on *pipe*: *entries* join *stream*. For a transaction, which tells by itself whether it was carried out."""
    if entries:
        queue_addition(pipe, Addition(stream, entries, bounds))
