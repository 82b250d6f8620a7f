from __future__ import annotations

import asyncio

import pytest
import structlog

from rulemint_gateway.web.connections import rare_log
from rulemint_gateway.web.connections.rare_log import RareLog


async def test_what_happens_often_is_one_line_with_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rare_log, "EVERY_S", 0.01)
    with structlog.testing.capture_logs() as lines:
        log = RareLog()
        for _ in range(1_000):
            log.warning("it happens", limit=7)
        async with asyncio.timeout(10):
            while len(lines) < 2:
                await asyncio.sleep(0.01)
        log.info("something else", why="one")
        log.info("something else", why="other")
    assert [(line["event"], line["how_many"]) for line in lines] == [
        ("it happens", 1),
        ("it happens", 999),
        ("something else", 1),
        ("something else", 1),
    ]
