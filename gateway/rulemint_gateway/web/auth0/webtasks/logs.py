"""``GET /api/logs/tenant/{container}``: what `wt logs` reads, the records of `/logs` as bunyan records."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from aiohttp import web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.batch import Event
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import LogHub, TooManyWatchersError
from rulemint_gateway.log_hub.reading import RecordType
from rulemint_gateway.management.errors import ManagementError, TooManyError, UnavailableError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.auth0.webtasks.containers import check_container
from rulemint_gateway.web.callers.bearer import authorize
from rulemint_gateway.web.log_stream.admission import welcome_only
from rulemint_gateway.web.log_stream.responses import EVENT_STREAM, as_events, as_lines, send_body, wants_events
from rulemint_shared.clock import rfc3339_ms, unix_ms, unix_s
from rulemint_shared.contract.log_records import Level

_BUNYAN_LEVELS = {Level.DEBUG: 20, Level.INFO: 30, Level.WARN: 40, Level.ERROR: 50}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All but tab and newline: `wt logs` writes a message to its terminal as it is."""


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A record of `/logs` as a bunyan record."""

    ts: str
    type: str
    level: Level
    message: str
    rule: str = ""
    invocation: str = ""
    duration_ms: float = 0


class WebtaskLogs:
    """Live log records of the container."""

    def __init__(self, catalog: Catalog, hub: LogHub, *, write_timeout_s: float) -> None:
        self._catalog = catalog
        self._hub = hub
        self._write_timeout_s = write_timeout_s

    def routes(self) -> list[web.RouteDef]:
        """The path."""
        return [web.get("/api/logs/tenant/{container}", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Records from now on; `wt` does not look at a status, so it reads of a refusal in a record.

        Raises:
            ManagementError: the caller may not watch, and wants no events.
        """
        try:
            return await self._stream(request)
        except ManagementError as error:
            if not wants_events(request):
                raise
            refusal = Event(None, _bunyan(_refusal(error)))
            return web.Response(body=b"".join(as_events([refusal])), content_type=EVENT_STREAM)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        caller = authorize(request, self._catalog, scope="read:logs", token=request.query.get("key"))
        check_container(caller, request.match_info["container"])
        try:
            async with (
                self._hub.watch(caller.tenant, LogFilter()) as watcher,
                welcome_only(request, self._catalog, caller, watcher),
            ):
                left_s = caller.expires_at_s - unix_s()
                form = as_bunyan_events if wants_events(request) else as_bunyan_lines
                return await send_body(request, watcher, for_s=left_s, write_timeout_s=self._write_timeout_s, form=form)
        except TooManyWatchersError:
            raise TooManyError(
                "This tenant has too many log streams open at this gateway: close one, or try again"
            ) from None
        except (RedisError, OSError) as error:
            raise UnavailableError("The logs cannot be read now: try again") from error


def as_bunyan_events(events: Sequence[Event]) -> list[bytes]:
    """Bunyan records of what `/logs` shows, for `wt logs`."""
    return as_events(_as_bunyan(events))


def as_bunyan_lines(events: Sequence[Event]) -> list[bytes]:
    """The same, for ``curl -N … | bunyan``."""
    return as_lines(_as_bunyan(events))


def _as_bunyan(events: Sequence[Event]) -> list[Event]:
    return [Event(event.position, _bunyan(msgspec.json.decode(event.data, type=_Shown))) for event in events]


def _bunyan(shown: _Shown) -> bytes:
    return msgspec.json.encode(
        {
            "name": "rulemint",
            "hostname": "rulemint",
            "pid": 0,
            "level": _BUNYAN_LEVELS[shown.level],
            "time": shown.ts,
            "msg": _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", _in_words(shown)),
            "v": 0,
            "webtask": shown.rule,
            "req_id": shown.invocation,
        }
    )


def _in_words(shown: _Shown) -> str:
    """Beginning and end of an invocation as webtasks had them."""
    match shown.type:
        case RecordType.STARTED:
            return f"new webtask request {shown.invocation}"
        case RecordType.ENDED:
            return f"finished webtask request {shown.invocation} with {shown.message} in {shown.duration_ms:.0f}ms"
        case _:
            return shown.message


def _refusal(error: ManagementError) -> _Shown:
    return _Shown(ts=rfc3339_ms(unix_ms()), type="error", level=Level.ERROR, message=error.message)
