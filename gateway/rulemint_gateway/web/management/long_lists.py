"""Lists whose records are long: written in pieces, each when the reader has taken the ones before.

So an answer of any length is never held whole for a reader that is slow. A page by number is not cut, because its
reader would miss what was left out. A list by checkpoints is cut too, and its ``next`` says where to go on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol, TypeVar

import msgspec
from aiohttp import web

from rulemint_gateway.management.nouns.listings import matches
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.callers.places import BEGUN
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.paging import ListQuery, first_of_checkpoint, list_query, wanted_of
from rulemint_gateway.web.http.problems import NO_STORE, encoded_answer
from rulemint_gateway.web.management.nouns import Noun, NounHandlers
from rulemint_shared.contract.records import Rule

A = TypeVar("A", bound=msgspec.Struct)

PIECE_BYTES = 64 * 1024
PAGE_BYTES = 2 * 1024 * 1024
"""Of a list by checkpoints, about."""
SCRIPT, CASES = "script", "cases"

Views = Callable[[Sequence[Rule]], AsyncIterator[object]]
"""The views of some rules, read a few at a time; without those that are gone."""


class Frame(NamedTuple):
    """The bytes around the records of a list."""

    before: bytes
    after: bytes = b"]"

    @classmethod
    def named(cls, key: str, **numbers: int) -> Frame:
        """An object with *numbers*, and the list under *key*."""
        counted = b"".join(b'"%s":%d,' % (name.encode(), number) for name, number in numbers.items())
        return cls(b'{%s"%s":[' % (counted, key.encode()), b"]}")


class LongNoun(Noun[A], Protocol[A]):
    """The use cases of a noun whose records have scripts."""

    async def rules(self, tenant: str) -> list[Rule]:
        """The rules that are its records, in a stable order."""
        ...

    def compared(self, rule: Rule) -> Mapping[str, object]:
        """The values that the filters of the list are compared with."""
        ...

    def views(self, tenant: str, rules: Sequence[Rule]) -> AsyncIterator[A]:
        """Their answers."""
        ...


class LongNounHandlers(NounHandlers[A]):
    """The five calls of a noun whose records have scripts: its lists leave them out unless they are asked for."""

    def __init__(
        self,
        noun: LongNoun[A],
        *,
        name: str,
        filters: Mapping[str, str],
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        super().__init__(noun, name=name, filters=filters)
        self._long_noun = noun
        self._page_bytes = page_bytes

    def operations(self) -> list[Operation]:
        """The calls of the noun; a host loads the script of those that bring one."""
        return [replace(each, loads=each.body is not None) for each in super().operations()]

    async def list(self, request: web.Request) -> web.StreamResponse:
        """200 and a page of records, without scripts and cases unless `fields` names them.

        A page by checkpoints ends before its `take` if it becomes too long; its `next` says where to go on.
        """
        caller = caller_of(request)
        query = list_query(request, filters=self._filters)
        rules = await self._long_noun.rules(caller.tenant)
        wanted = wanted_of(request, self._filters, self._collection.answer)
        rules = [rule for rule in rules if matches(wanted, self._long_noun.compared(rule).get)]

        def views(some: Sequence[Rule]) -> AsyncIterator[object]:
            return _projected(self._long_noun.views(caller.tenant, some), query)

        if query.is_checkpoint:
            return await self._checkpoint(query, rules, views)
        start = query.page * query.per_page
        totals = {"start": start, "limit": query.per_page, "total": len(rules)}
        frame = Frame.named(self._name, **totals) if query.include_totals else Frame(b"[")
        return await answer_in_pieces(request, frame, views(rules[start : start + query.per_page]))

    async def _checkpoint(self, query: ListQuery, rules: Sequence[Rule], views: Views) -> web.Response:
        """As many as may be in one answer; there is always one."""
        places = {rule.id: place for place, rule in enumerate(rules)}
        start = first_of_checkpoint(places.get, query)
        wanted = rules[start : start + (query.take or 50)]
        going_on = rules[start + len(wanted)].id if start + len(wanted) < len(rules) else None
        records: list[bytes] = []
        size = 0
        for rule in wanted:
            encoded = [msgspec.json.encode(view) async for view in views([rule])]
            if records and size + sum(map(len, encoded)) > self._page_bytes:
                going_on = rule.id
                break
            records += encoded
            size += sum(map(len, encoded))
        after = b"]}" if going_on is None else b'],"next":%s}' % msgspec.json.encode(going_on)
        body = Frame.named(self._name).before + b",".join(records) + after
        return encoded_answer(body, status=200, headers=NO_STORE)


def _its_own(frame: Frame, _count: int) -> bytes:
    return frame.after


async def answer_in_pieces(
    request: web.Request,
    frame: Frame,
    views: AsyncIterator[object],
    *,
    ending: Callable[[Frame, int], bytes] = _its_own,
) -> web.StreamResponse:
    """200 and *views* within *frame*: at once if that is short, else in pieces.

    *ending* says what stands behind so many of them.
    """
    pieces = _pieces(frame, views, ending)
    first = await anext(pieces)
    second = await anext(pieces, None)
    if second is None:
        return encoded_answer(first, status=200, headers=NO_STORE)
    if (begun := request.get(BEGUN)) is not None:
        begun.note()
    response = web.StreamResponse(headers=NO_STORE)
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(first)
    del first
    await response.write(second)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response


async def _pieces(
    frame: Frame, views: AsyncIterator[object], ending: Callable[[Frame, int], bytes]
) -> AsyncIterator[bytes]:
    """The whole list, of which no more is made than is asked for."""
    piece = bytearray(frame.before)
    between = b""
    count = 0
    async for view in views:
        count += 1
        piece += between
        piece += msgspec.json.encode(view)
        between = b","
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece + ending(frame, count))


async def _projected(views: AsyncIterator[A], query: ListQuery) -> AsyncIterator[object]:
    """The fields that are asked for; the script and the cases are none of them unless they are named."""
    async for view in views:
        yield query.project(view, unless_named=(SCRIPT, CASES))
