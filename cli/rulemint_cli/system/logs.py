"""Show the logs of a running system (``rulemint logs``). After a lost connection, go on where the log stopped."""

from __future__ import annotations

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
from rulemint_cli.terminal.printable import printable
from rulemint_shared.process.growing_pause import GrowingPause

HEARTBEAT_S = 20.0
BEFORE_EVERYTHING = "0-0"
_BEGINNINGS = frozenset({"tail", "since", "after"})
"""The parameters that say where a stream begins. Without one, it begins now."""
_STYLES = {"debug": "dim", "info": "", "warn": "yellow", "error": "red"}

Show = Callable[[bytes], None]


async def watch(admin: Admin, show: Show, say: Callable[[str], None], *, query: Mapping[str, str]) -> None:
    """Hand the records that *query* asks for to *show*, until cancelled or until the system ends the stream.

    Lost and regained connections go to *say*.

    Raises:
        CommandError: the system refuses the credentials or the query.
    """
    pause = GrowingPause(0.5, 10.0)
    asked = dict(query)
    while True:
        try:
            asked = await _with_a_beginning(admin, asked)
            async with await _connect(admin, asked) as socket:
                if asked.get("follow") != "false":
                    say(f"watching {admin.url}")
                pause.reset()
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        data = message.data.encode()
                        show(data)
                        asked = _behind(data, asked)
                if socket.close_code == aiohttp.WSCloseCode.OK:
                    return
            reason = "the connection was closed"
        except aiohttp.WSServerHandshakeError as error:
            raise CommandError(
                f"{admin.url} refuses to show its logs: {error.message} ({error.status}); {advice_on(error.status, '')}"
            ) from error
        except RefusedError as error:
            if error.status in {401, 403}:
                raise
            reason = str(error)
        except (aiohttp.ClientError, CommandError, OSError) as error:
            reason = str(error)
        say(f"{reason}; trying again in {pause.next_s:g} s")
        await pause.wait()


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


def show_json(stream: TextIO) -> Show:
    """Write each record as one line of JSON."""

    def show(data: bytes) -> None:
        stream.write(data.decode() + "\n")
        stream.flush()

    return show


def show_readably(console: Console) -> Show:
    """Print each record as one row: time, level, rule with version, message. An ending has the end of its id too."""

    def show(data: bytes) -> None:
        record: dict[str, Any] = msgspec.json.decode(data)
        console.print(_row(record), soft_wrap=True)

    return show


def _row(record: dict[str, Any]) -> Text:
    level = str(record.get("level", "info"))
    row = Text()
    row.append(f"{str(record.get('ts', ''))[11:23]} ", style="dim")
    row.append(f"{level:<5} ", style=_STYLES.get(level, ""))
    if "rule" in record:
        row.append(printable(f"{record['rule']}@{record.get('version')}"), style="cyan")
        row.append("  ")
    kind = record.get("type")
    message = printable(str(record.get("message", "")))
    if kind == "invocation.started":
        row.append(printable(f"▶ {record.get('client_id')} → {record.get('audience')}"), style="dim")
    elif kind == "invocation.ended":
        row.append(f"■ {message} ", style=f"bold {_STYLES.get(level, '')}".strip())
        row.append(f"{record.get('duration_ms', 0):.1f} ms", style="dim")
        row.append(printable(f"  {short(str(record.get('invocation', '')))}"), style="dim")
    elif kind == "call":
        row.append(f"↗ {message} ", style=_STYLES.get(level, ""))
        row.append(f"{record.get('duration_ms', 0):.1f} ms, {record.get('bytes_received', 0)} bytes", style="dim")
    else:
        row.append(message, style=_STYLES.get(level, ""))
    return row
