"""Run Lua in the server: one command that is atomic, and costs one request and one reply.

``EVAL`` sends the text along, so a server that was started anew needs no other treatment than one that knows it.
"""

from __future__ import annotations

from typing import Any

from rulemint_shared.redis.client import RedisClient


async def run_script(redis: RedisClient, script: str, names: list[str], arguments: list[str | int | bytes]) -> Any:
    """Run *script* on the keys *names* with *arguments*, and return what it returns."""
    return await redis.execute_command("EVAL", script, len(names), *names, *arguments)  # type: ignore[no-untyped-call]  # redis-py has no types here
