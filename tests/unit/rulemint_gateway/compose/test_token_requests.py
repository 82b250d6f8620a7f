from __future__ import annotations

import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rulemint_gateway.compose.token_requests import signing_threads
from rulemint_gateway.settings.gateway import GatewaySettings


@pytest.mark.parametrize("processors", [1, 2, 4])
@pytest.mark.parametrize("processes", [1, 2, 3])
async def test_rsa_has_threads_where_a_processor_has_no_gateway_process(
    monkeypatch: pytest.MonkeyPatch, processors: int, processes: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(processors)))
    settings = GatewaySettings(
        redis_url="redis://localhost", master_key_file=Path("master.key"), gateway_processes=processes
    )
    async with AsyncExitStack() as stack:
        assert (signing_threads(stack, settings) is None) == (processes >= processors)
