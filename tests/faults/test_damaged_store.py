"""Garbage where configuration is kept: it is named and left out, and the rest is served."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from bench.free_ports import free_port

from fixtures.processes import started, until
from fixtures.system import answers
from rulemint_shared.contract import redis_keys
from rulemint_shared.secrets.vault import create_master_key

pytestmark = pytest.mark.timeout(60)

GARBAGE: dict[str, Callable[[Any], Any]] = {
    "a text as the revision": lambda server: server.set(redis_keys.REVISION, "not a number"),
    "a damaged tenant": lambda server: server.hset(redis_keys.TENANTS, "broken", b"\xc1"),
    "a damaged client": lambda server: server.hset(redis_keys.clients("default"), "broken", b"\xff\xff"),
    "a key of another type": lambda server: server.set(redis_keys.rules("default"), "x"),
    "a change message that is none": lambda server: server.publish(redis_keys.CHANGES, b"\xc1"),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_gateway_lives_through_garbage_and_starts_beside_it(
    tmp_path: Path, empty_redis_url: str, garbage: str
) -> None:
    create_master_key(tmp_path / "master.key")
    port = free_port()
    environment = {
        "RULEMINT_REDIS_URL": empty_redis_url,
        "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "RULEMINT_PORT": str(port),
    }
    gateway = [sys.executable, "-m", "rulemint_gateway"]
    with redis.Redis.from_url(empty_redis_url) as server:
        with started(gateway, environment) as process:
            until(lambda: answers(port), failing=process)
            GARBAGE[garbage](server)
            server.publish(redis_keys.CHANGES, b"")  # has the gateway say that it is there
            until(lambda: "change message" in process.output, failing=process)
            assert answers(port)
        with started(gateway, environment) as process:
            until(lambda: answers(port), failing=process)
            assert "Traceback" not in process.output
