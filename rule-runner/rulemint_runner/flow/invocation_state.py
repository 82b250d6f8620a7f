"""Read and write what one rule keeps, in one invocation: how often, until when, and with words if it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec
import structlog
from redis.exceptions import RedisError

from rulemint_runner.flow.rule_state import ConflictError, Document, Owner, RuleStateError, RuleStates
from rulemint_runner.hosts.wire.frames import CacheChanged, Line, StorageGet, StorageSet, Stored
from rulemint_shared.clock import machine_ahead_ms, machine_ms
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.deadline import Deadline

log = structlog.get_logger(__name__)

MAX_OPERATIONS = 50
"""Reads and writes of the document together."""

R = TypeVar("R")


class InvocationState:
    """The state that one host may use while it runs one invocation."""

    def __init__(
        self, states: RuleStates, owner: Owner, deadline: Deadline, write_line: Callable[[Line], None]
    ) -> None:
        self._states = states
        self._owner = owner
        self._deadline = deadline
        self._write_line = write_line
        self._operations = 0
        self._changes = CacheChanged()

    async def storage(self, asked: StorageGet | StorageSet) -> Stored:
        """The document as it is, or as it is to be."""
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            return Stored(
                id=asked.id, error=f"one invocation may use its storage {MAX_OPERATIONS} times", now_ms=machine_ms()
            )
        try:
            document = await self._in_time(self._document(asked))
        except ConflictError as error:
            document = error.document
            return Stored(id=asked.id, data=document.data, etag=document.etag, conflict=True, now_ms=machine_ms())
        except RuleStateError as error:
            return Stored(id=asked.id, error=str(error), now_ms=machine_ms())
        return Stored(id=asked.id, data=document.data, etag=document.etag, now_ms=machine_ms())

    def cache_changed(self, changes: CacheChanged) -> None:
        """Remember it until `keep_cache`."""
        self._changes = changes

    async def cache(self) -> dict[str, CacheRecord]:
        """Return the content of the rule's cache; nothing, and a line that says so, if it cannot be read."""
        try:
            return _moved(await self._in_time(self._states.cache(self._owner)), by_ms=machine_ahead_ms())
        except RuleStateError as error:
            self._warn(f"api.cache is empty: {error}")
            return {}

    async def keep_cache(self) -> None:
        """Keep what was changed; a line says so if that is not possible."""
        changes = self._changes
        if not changes.changed and not changes.deleted:
            return
        try:
            changed = _moved(changes.changed, by_ms=-machine_ahead_ms())
            await self._in_time(self._states.change_cache(self._owner, changed, changes.deleted))
        except RuleStateError as error:
            self._warn(f"api.cache was not kept: {error}")

    async def _document(self, asked: StorageGet | StorageSet) -> Document:
        if isinstance(asked, StorageGet):
            return await self._states.document(self._owner)
        return await self._states.replace_document(self._owner, asked.data, etag=asked.etag, force=asked.force)

    async def _in_time(self, doing: Awaitable[R]) -> R:
        try:
            async with asyncio.timeout(max(0.0, self._deadline.remaining_s())):
                return await doing
        except (RedisError, OSError) as error:
            log.warning("the state of a rule is out of reach", tenant=self._owner.tenant, error=str(error))
            raise RuleStateError("it is out of reach for the moment") from error

    def _warn(self, text: str) -> None:
        self._write_line(Line(level=Level.WARN, text=text))


def _moved(records: Mapping[str, CacheRecord], *, by_ms: int) -> dict[str, CacheRecord]:
    """*records*, which hosts time by this machine's clock, and Redis by its own."""
    return {
        key: msgspec.structs.replace(record, expires_at=max(0, record.expires_at + by_ms))
        for key, record in records.items()
    }
