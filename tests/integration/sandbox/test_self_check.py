"""A sandbox that held when its runner started, and then holds no longer."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.hosts import BUDGET, LANGUAGES
from fixtures.runner_keys import make_runner_key
from fixtures.waiting import eventually
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_runner.self_check.self_check import SandboxMissingError, SelfCheck
from rulemint_runner.service import serve
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.contract import redis_keys
from rulemint_shared.process.hiding import hide_from_same_user
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

BREAKABLE = """
from pathlib import Path
import rulemint_runner.sandbox.launch as launch
import rulemint_runner.sandbox.spawner as spawner

def unless_broken(launch, step=launch._restrict_files):
    if not Path({flag!r}).exists():
        step(launch)

launch.STEPS = tuple(unless_broken if step is launch._restrict_files else step for step in launch.STEPS)
spawner.set_apart = lambda *_: spawner.Apart()
spawner.main()
"""


@pytest.fixture
def flag() -> Iterator[Path]:
    """Once this exists, hosts start without Landlock. Whoever a host has become can see it."""
    with tempfile.TemporaryDirectory(prefix="rulemint-flag-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "broken"


@pytest.fixture
def breakable(flag: Path) -> SpawnerProcess:
    hide_from_same_user()
    return SpawnerProcess(program=("-c", BREAKABLE.format(flag=str(flag))))


async def test_a_runner_whose_sandbox_fails_later_leaves_and_says_why(
    empty_redis_url: str, tmp_path: Path, breakable: SpawnerProcess, flag: Path
) -> None:
    settings = RunnerSettings(
        redis_url=empty_redis_url, runner_key_file=make_runner_key(tmp_path), self_check_interval=1, spare_hosts=0
    )
    async with open_redis(empty_redis_url) as redis:
        serving = asyncio.create_task(serve(settings, breakable, LANGUAGES, BUDGET))
        await eventually(lambda: runners(redis), lambda alive: alive == 1)
        await asyncio.to_thread(flag.touch)
        with pytest.raises(SandboxMissingError, match="python: a rule can read /etc/passwd"):
            await asyncio.wait_for(serving, 20)
        assert await runners(redis) == 0


async def test_an_operator_who_insists_is_told_and_not_stopped(breakable: SpawnerProcess, flag: Path) -> None:
    async with open_sandbox(breakable) as sandbox:
        check = SelfCheck(sandbox, LANGUAGES, insecure=True)
        await check.check()
        assert check.holds
        await asyncio.to_thread(flag.touch)
        await check.check()
        assert not check.holds
        await asyncio.to_thread(flag.unlink)
        await check.check()
        assert check.holds


async def runners(redis: RedisClient) -> int:
    return int(await redis.zcard(redis_keys.RUNNERS))
