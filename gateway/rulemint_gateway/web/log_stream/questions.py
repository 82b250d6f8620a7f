"""The query string of a watcher: a filter, and where to begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import Beginning
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.web.http.queries import unix_ms_of, wrong_query
from rulemint_shared.streams.log_stream import START, Position
from rulemint_shared.wrong_values import WrongValue, in_words

MAX_TAIL = 1_000
TICKET_PARAMETER = "ticket"
LAST_EVENT_ID = "Last-Event-ID"

_FILTERS = LogFilter.__struct_fields__
_SEND = f"Send a JSON object of filters: {', '.join(_FILTERS)}"
_Wanted = TypeVar("_Wanted", bound=msgspec.Struct)


Tail = Annotated[int, Meta(ge=0, le=MAX_TAIL)]
Moment = Annotated[str, Meta(max_length=40)]


class Past(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The place to begin."""

    tail: Tail = 0
    since: Moment = ""
    after: Moment = ""
    before: Moment = ""
    follow: bool = True


class StreamQuery(LogFilter, frozen=True, kw_only=True):
    """All parameters of a stream; ``ticket`` stands for the token."""

    tail: Tail = 0
    since: Moment = ""
    after: Moment = ""
    before: Moment = ""
    follow: bool = True
    ticket: Annotated[str, Meta(max_length=100)] = ""


def filter_of(query: Mapping[str, str]) -> LogFilter:
    """The filter in *query*, which may hold other things.

    Raises:
        InvalidBodyError: a value cannot be; the text names it.
    """
    return _read({name: value for name, value in query.items() if name in _FILTERS}, LogFilter)


def filter_from_message(data: str) -> LogFilter:
    """The filter that a watcher sends while it watches.

    Raises:
        InvalidBodyError: it is none.
    """
    try:
        return msgspec.json.decode(data, type=LogFilter)
    except msgspec.ValidationError as error:
        raise _wrong_filter(WrongValue.of(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise InvalidBodyError(f"This is not JSON. {_SEND}") from None


def _wrong_filter(wrong: WrongValue) -> InvalidBodyError:
    field = wrong.unknown or wrong.field
    named = f"{field}: " if field else ""
    return InvalidBodyError(f"{named}{in_words(wrong, kind=LogFilter)}. {_SEND}", field=field or None)


def beginning_of(query: Mapping[str, str], last_event_id: str | None) -> Beginning:
    """The place to begin: at one of ``tail``, ``since`` and ``after``, or behind the SSE client's last event.

    And ``before``, the place to end.

    Raises:
        InvalidBodyError: a value cannot be, or is not known at all; the text names it.
    """
    past = _read(
        {name: value for name, value in query.items() if name not in (*_FILTERS, TICKET_PARAMETER)},
        Past,
    )
    return msgspec.structs.replace(
        _first(past, last_event_id),
        before=_position(past.before, name="before") if past.before else None,
        follow=past.follow,
    )


def _first(past: Past, last_event_id: str | None) -> Beginning:
    if last_event_id:
        return _behind(_position(last_event_id, name=LAST_EVENT_ID))
    if past.after:
        return _behind(_position(past.after, name="after"))
    if past.since:
        return Beginning(after=Position.before(unix_ms_of(past.since, name="since")))
    return Beginning(tail=past.tail)


def _behind(position: Position) -> Beginning:
    """A watcher that asks for everything had nothing before."""
    return Beginning(after=position, resumes=position != START)


def _read(given: Mapping[str, str], wanted: type[_Wanted]) -> _Wanted:
    try:
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise wrong_query(error, given, StreamQuery) from None


def _position(text: str, *, name: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError as error:
        raise InvalidBodyError(f"{name}: {error}", code="invalid_query_string") from None
