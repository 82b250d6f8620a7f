"""What takes long shows on a terminal how far it has come."""

from __future__ import annotations

import asyncio
import os
import pty

import pytest
from aiohttp import web

from fixtures.between import Passing, between
from fixtures.configurations import emptied, written
from fixtures.processes import BIN
from fixtures.workplace import Workplace


@pytest.mark.parametrize("command", [("export",), ("diff", "tenant.yaml")])
async def test_reading_a_slow_system_shows_how_much_of_it_was_read(
    other_place: Workplace, command: tuple[str, ...]
) -> None:
    """Its answer to the last of the lists comes when the bar is there, however long that takes."""
    await asyncio.to_thread(emptied, other_place)
    written(other_place)
    shown = bytearray()
    is_shown = asyncio.Event()
    ours, theirs = pty.openpty()

    def read() -> None:
        shown.extend(os.read(ours, 4096))
        if b"4/5" in shown:
            is_shown.set()

    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("GET", "rules"):
            async with asyncio.timeout(30):
                await is_shown.wait()
        return await call.forward()

    asyncio.get_running_loop().add_reader(ours, read)
    try:
        async with between(other_place.port, meddle) as url:
            process = await asyncio.create_subprocess_exec(
                str(BIN / "rulemint"), "config", *command, "--url", url,
                cwd=other_place.folder, env={**other_place.environment, "TERM": "xterm", "COLUMNS": "120"},
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=theirs,
            )  # fmt: skip
            os.close(theirs)
            stdout, _ = await process.communicate()
    finally:
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
    assert process.returncode == 0, shown.decode()
    assert b"4/5" not in stdout
    assert "reading http://" in shown.decode()
