"""Show the logs of a running system (``rulemint logs``). After a lost connection, go on where the log stopped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import aiohttp
import msgspec
from rich.console import Console
from rich.text import Text

from rulemint_cli.connection.advice import advice_on
from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.system.exchange_report import short
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.printable import printable, printable_json
from rulemint_shared.process.growing_pause import GrowingPause

HEARTBEAT_S = 20.0
BEFORE_EVERYTHING = "0-0"
_BEGINNINGS = frozenset({"tail", "since", "after"})
"""The parameters that say where a stream begins. Without one, it begins now."""
_NO_FILTERS = {"tail", "follow"}
"""The parameters that leave no record out."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_STYLES = {"debug": "dim", "info": "", "warn": "yellow", "error": "red"}

INVOCATIONS_REMEMBERED = 1_000
"""So many invocations at most whose last error line is remembered."""

Show = Callable[[bytes], None]


async def watch(admin: Admin, show: Show, say: Callable[[str], None], *, query: Mapping[str, str]) -> None:
    """Hand the records that *query* asks for to *show*, until cancelled or until the system ends the stream.

    Lost and regained connections go to *say*.

    Raises:
        CommandError: the system refuses the credentials or the query; or, without ``follow``, it does not answer.
    """
    pause = GrowingPause(0.5, 10.0)
    follows = query.get("follow") != "false"
    asked = dict(query)
    while True:
        try:
            asked = await _with_a_beginning(admin, asked)
            async with await _connect(admin, asked) as socket:
                if follows:
                    say(f"watching {admin.url}")
                pause.reset()
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        data = message.data.encode()
                        show(data)
                        asked = _behind(data, asked)
                if socket.close_code == aiohttp.WSCloseCode.OK:
                    return
            error: CommandError = CommandError(f"{admin.url} closed the connection")
        except aiohttp.WSServerHandshakeError as refused:
            raise await _refusal(admin, asked, refused.status) from refused
        except CommandError as failed:
            error = failed
        except (aiohttp.ClientError, OSError) as unreached:
            error = CommandError(f"{admin.url} cannot be reached: {unreached}")
        if not follows or (isinstance(error, RefusedError) and error.status in {401, 403}):
            raise error
        say(f"{error}; trying again in {pause.next_s:g} s")
        await pause.wait()


async def _refusal(admin: Admin, query: Mapping[str, str], status: int) -> CommandError:
    """Return the error for a stream that was refused with *status*, in the system's own words."""
    headers = {"Authorization": f"Bearer {await admin.token()}"}
    reason = f"HTTP status {status}"
    try:
        async with admin.session.get(f"{admin.url}logs", headers=headers, params=dict(query)) as response:
            if response.status == status:
                reason = msgspec.json.decode(await response.read(), type=_Problem).message or reason
    except (aiohttp.ClientError, msgspec.MsgspecError, TimeoutError):
        pass  # the status says something too
    return RefusedError(f"{admin.url} refuses to show its logs: {reason}", status=status, advice=advice_on(status, ""))


class _Problem(msgspec.Struct):
    message: str = ""


async def _with_a_beginning(admin: Admin, asked: dict[str, str]) -> dict[str, str]:
    """Return *asked* with a beginning: behind the newest record, unless it names one.

    With a beginning, nothing is missed even if the connection is lost before the first record.
    """
    return asked if asked.keys() & _BEGINNINGS else {**asked, "after": await _newest(admin)}


async def _newest(admin: Admin) -> str:
    """Return the position of the newest record."""
    position = BEFORE_EVERYTHING
    async with await _connect(admin, {"tail": "1", "follow": "false"}) as socket:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                position = msgspec.json.decode(message.data, type=_Positioned).id or position
        if socket.close_code != aiohttp.WSCloseCode.OK:
            raise ConnectionResetError("the connection was closed")
    return position


class _Positioned(msgspec.Struct):
    id: str = ""


def _behind(data: bytes, asked: dict[str, str]) -> dict[str, str]:
    """Return the query that goes on after this record, for the next connection."""
    if not (position := msgspec.json.decode(data, type=_Positioned).id):
        return asked
    return {**{name: value for name, value in asked.items() if name not in _BEGINNINGS}, "after": position}


async def _connect(admin: Admin, query: dict[str, str]) -> aiohttp.ClientWebSocketResponse:
    headers = {"Authorization": f"Bearer {await admin.token()}"}
    with admin.bars.show(f"waiting for {admin.url}"):
        return await admin.session.ws_connect(f"{admin.url}logs", headers=headers, heartbeat=HEARTBEAT_S, params=query)


class Counted:
    """A `Show` that counts what it has shown."""

    def __init__(self, show: Show) -> None:
        """Hand every record to *show*."""
        self.count = 0
        self._show = show

    def __call__(self, data: bytes) -> None:
        """Show a record."""
        self.count += 1
        self._show(data)


def nothing_of(invocation: str) -> str:
    """Say that the log has no record of *invocation*, and where else to look."""
    return (
        f"the log has no record of the invocation {invocation} that these options show: "
        "rulemint exchanges show ID shows a token request of which no rule wrote anything"
    )


def nothing_found(query: Mapping[str, str]) -> str:
    """Say that nothing of the log was shown, and what would show something."""
    if query.keys() <= _NO_FILTERS:
        return "there is nothing in the log yet: rulemint logs -f waits for the first record"
    return "there is no record that these options show: without them, rulemint logs shows the newest"


def show_json(stream: TextIO) -> Show:
    """Write each record as one line of JSON."""

    def show(data: bytes) -> None:
        stream.write(printable_json(data.decode()) + "\n")
        stream.flush()

    return show


def show_readably(console: Console) -> Show:
    """Print each record: time, level, rule with version, message. An ending has the end of its id too.

    A message of several lines has each on a row of its own, and all but the first are indented. What an invocation has
    said as an error just before is not said again by its ending.
    """
    errors = _Errors()

    def show(data: bytes) -> None:
        record: dict[str, Any] = msgspec.json.decode(data)
        if record.get("type") == "invocation.ended" and errors.has_said(record):
            record["message"] = record.get("outcome", "")
        errors.note(record)
        console.print(_row(record), soft_wrap=True)

    return show


class _Errors:
    """The last error line of each of the invocations that wrote one lately."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def has_said(self, ended: dict[str, Any]) -> bool:
        """Tell whether the ending's reason was an error line of the same invocation."""
        said = self._last.pop(str(ended.get("invocation")), None)
        return said is not None and ended.get("message") == f"{ended.get('outcome')}: {said}"

    def note(self, record: dict[str, Any]) -> None:
        """Remember the line if it is an error."""
        if record.get("type") == "line" and record.get("level") == "error":
            self._last[str(record.get("invocation"))] = str(record.get("message", ""))
            if len(self._last) > INVOCATIONS_REMEMBERED:
                del self._last[next(iter(self._last))]


def _row(record: dict[str, Any]) -> Text:
    level = str(record.get("level", "info"))
    row = Text()
    row.append(f"{str(record.get('ts', ''))[11:23]} ", style="dim")
    row.append(f"{level:<5} ", style=_STYLES.get(level, ""))
    if "rule" in record:
        row.append(printable(f"{record['rule']}@{record.get('version')}"), style="cyan")
        row.append("  ")
    kind = record.get("type")
    message = _indented(str(record.get("message", "")), by=len(row))
    if kind == "invocation.started":
        row.append(printable(f"▶ {record.get('client_id')} → {record.get('audience')}"), style="dim")
    elif kind == "invocation.ended":
        row.append(f"■ {message} ", style=f"bold {_STYLES.get(level, '')}".strip())
        row.append(f"{record.get('duration_ms', 0):.1f} ms", style="dim")
        row.append(printable(f"  {short(str(record.get('invocation', '')))}"), style="dim")
    elif kind == "call":
        row.append(f"↗ {message} ", style=_STYLES.get(level, ""))
        row.append(f"{record.get('duration_ms', 0):.1f} ms, {record.get('bytes_received', 0)} bytes", style="dim")
    elif kind == "diff":
        row.append(f"≠ {message} ", style=_STYLES.get(level, ""))
        row.append(
            printable(f"version {record.get('live_version')}  {short(str(record.get('invocation', '')))}"), style="dim"
        )
    else:
        row.append(message, style=_STYLES.get(level, ""))
    return row


def _indented(message: str, *, by: int) -> str:
    """Return *message* with every line but the first indented, so that none of them looks like a record."""
    return ("\n" + " " * by).join(map(printable, _LINE_END.split(message)))
