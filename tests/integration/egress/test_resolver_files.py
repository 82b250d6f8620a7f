"""A system whose resolver is configured anew while the broker runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rulemint_runner.egress.broker import resolver_files
from rulemint_runner.egress.broker.resolver_files import wait_until_replaced


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resolver_files, "LOOK_EVERY_S", 0.01)
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 127.0.0.1")
    return file


async def test_a_file_that_is_written_to_is_the_same_file(file: Path) -> None:
    waiting = asyncio.create_task(wait_until_replaced(lambda: True, (file,)))
    await asyncio.sleep(0)
    file.write_text("nameserver 127.0.0.2")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, 0.2)


@pytest.mark.parametrize("change", ["replaced", "removed"])
async def test_a_file_that_is_replaced_ends_the_wait_at_an_idle_moment(file: Path, change: str) -> None:
    is_idle = False
    waiting = asyncio.create_task(wait_until_replaced(lambda: is_idle, (file,)))
    await asyncio.sleep(0)
    if change == "replaced":
        file.with_name("new").write_text("nameserver 127.0.0.2")
        file.with_name("new").rename(file)
    else:
        file.unlink()
    await asyncio.sleep(0.1)
    assert not waiting.done()
    is_idle = True
    await asyncio.wait_for(waiting, 5)


async def test_without_an_idle_moment_the_wait_ends_all_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_files, "IDLE_WITHIN_S", 0.05)
    waiting = asyncio.create_task(wait_until_replaced(lambda: False, (file,)))
    await asyncio.sleep(0)
    file.unlink()
    await asyncio.wait_for(waiting, 5)
