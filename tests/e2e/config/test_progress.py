"""What takes long shows on a terminal how far it has come."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fixtures.between import Passing, between
from fixtures.configurations import emptied, written
from fixtures.terminal import a_terminal
from fixtures.workplace import Workplace


@pytest.mark.parametrize("command", [("export",), ("diff", "tenant.yaml")])
async def test_reading_a_slow_system_shows_how_much_of_it_was_read(
    other_place: Workplace, command: tuple[str, ...]
) -> None:
    """Its answer to the last of the lists comes when the bar is there, however long that takes."""
    await asyncio.to_thread(emptied, other_place)
    written(other_place)
    async with a_terminal(other_place) as terminal:

        async def meddle(call: Passing) -> web.StreamResponse:
            if call.is_to("GET", "rules"):
                await terminal.shows("4/5")
            return await call.forward()

        async with between(other_place.port, meddle) as url:
            done = await terminal.rulemint("config", *command, "--url", url)
    assert done.returncode == 0, done.stderr
    assert "4/5" not in done.stdout
    assert "reading http://" in done.stderr
