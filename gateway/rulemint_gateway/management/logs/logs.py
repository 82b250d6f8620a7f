"""The tenant log in Auth0's shape: token requests and management calls, as pages or from a checkpoint on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.invocations import InvocationFilter
from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError
from rulemint_gateway.management.logs.views import LogEntryAnswer, RoomForLines, entry_answer
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.traffic.log_store import LogEntry, LogStore, Place

PAGED_ENTRIES = 1_000
"""Pages reach so far into the log, filters too; from there on a checkpoint is the way."""
MAX_HELD_LINES_BYTES = 2 * 1024 * 1024
"""Of the lines of an answer that is made before it is sent: only its end says where to go on."""


class Logs:
    """The use cases of ``/api/v2/logs``."""

    def __init__(self, catalog: Catalog, store: LogStore) -> None:
        self._catalog = catalog
        self._store = store

    async def total(self, tenant: str) -> int:
        """The number of entries that the log has."""
        return await self._store.total(tenant)

    async def page(self, tenant: str, *, start: int, count: int, newest_first: bool) -> list[LogEntryAnswer]:
        """*count* entries from the *start*-th on.

        Raises:
            InvalidBodyError: they are beyond what pages reach.
        """
        return [view async for view in self.views(tenant, start=start, count=count, newest_first=newest_first)]

    def views(self, tenant: str, *, start: int, count: int, newest_first: bool) -> AsyncIterator[LogEntryAnswer]:
        """As `page`, of which one entry is held at a time.

        Raises:
            InvalidBodyError: they are beyond what pages reach.
        """
        _check_reach(start + count)
        entries = self._store.entries(tenant, start=start, count=count, newest_first=newest_first)
        return self._views(tenant, entries)

    async def after(self, tenant: str, log_id: str | None, *, count: int) -> list[LogEntryAnswer]:
        """The *count* entries that follow the one of *log_id*, oldest first; None: from the oldest on.

        Raises:
            InvalidBodyError: no entry can have that id.
        """
        return [view async for view in self.views_after(tenant, log_id, count=count)]

    def views_after(self, tenant: str, log_id: str | None, *, count: int) -> AsyncIterator[LogEntryAnswer]:
        """As `after`, of which one entry is held at a time.

        Raises:
            InvalidBodyError: no entry can have that id.
        """
        return self._views(tenant, self._store.entries_after(tenant, _place(log_id), count=count))

    async def invocations(
        self, tenant: str, log_filter: LogFilter, *, start: int, count: int, newest_first: bool
    ) -> tuple[list[LogEntryAnswer], int]:
        """*count* invocations that *log_filter* shows, from the *start*-th on, and how many there are of them.

        Looked for among the first `PAGED_ENTRIES` token requests.

        Raises:
            InvalidBodyError: they are beyond what pages reach.
        """
        _check_reach(start + count)
        wanted = InvocationFilter(log_filter)
        found: list[LogEntryAnswer] = []
        room = RoomForLines(MAX_HELD_LINES_BYTES)
        looked_at = total = 0
        async for place, record in self._store.exchanges(tenant, newest_first=newest_first):
            if record is not None and wanted.shows(record):
                if start <= total < start + count:
                    found.append(self._view(tenant, LogEntry(place, record), room))
                total += 1
            looked_at += 1
            if looked_at == PAGED_ENTRIES:
                break
        return found, total

    async def invocations_after(
        self, tenant: str, log_filter: LogFilter, log_id: str | None, *, count: int
    ) -> tuple[list[LogEntryAnswer], str | None]:
        """*count* invocations behind the entry of *log_id* that *log_filter* shows, oldest first; and where to go on.

        Looked for among the next `PAGED_ENTRIES` token requests. None: there are no more of them.

        Raises:
            InvalidBodyError: no entry can have that id.
        """
        wanted = InvocationFilter(log_filter)
        found: list[LogEntryAnswer] = []
        room = RoomForLines(MAX_HELD_LINES_BYTES)
        looked_at = 0
        async for place, record in self._store.exchanges(tenant, newest_first=False, after=_place(log_id)):
            if record is not None and wanted.shows(record):
                found.append(self._view(tenant, LogEntry(place, record), room))
            looked_at += 1
            if len(found) == count or looked_at == PAGED_ENTRIES:
                return found, place.log_id()
        return found, None

    async def read(self, tenant: str, log_id: str) -> LogEntryAnswer:
        """One entry, with all of its lines.

        Raises:
            NotFoundError: it never was, or is no longer kept.
        """
        place = Place.of(log_id)
        entry = await self._store.find(tenant, place) if place else None
        if entry is None:
            raise NotFoundError("log event", code="inexistent_log")
        return self._view(tenant, entry)

    async def _views(self, tenant: str, entries: AsyncIterator[LogEntry]) -> AsyncIterator[LogEntryAnswer]:
        room = RoomForLines()
        async for entry in entries:
            yield self._view(tenant, entry, room)
            await asyncio.sleep(0)  # an entry may have thousands of lines: tokens go before the next

    def _view(self, tenant: str, entry: LogEntry, room: RoomForLines | None = None) -> LogEntryAnswer:
        issuer = urlsplit(self._catalog.tenant(tenant).tenant.issuer)
        return entry_answer(entry, hostname=issuer.netloc, room=room)


def _check_reach(end: int) -> None:
    if end > PAGED_ENTRIES:
        message = f"Pages reach the first {PAGED_ENTRIES} entries: use from and take for more"
        raise InvalidBodyError(message, field="page", code="invalid_query_string")


def _place(log_id: str | None) -> Place | None:
    place = None if log_id is None else Place.of(log_id)
    if log_id is not None and place is None:
        raise InvalidBodyError("from must be the log_id of an entry", field="from", code="invalid_query_string")
    return place
