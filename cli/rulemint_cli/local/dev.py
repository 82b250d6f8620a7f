"""Run the whole system on this machine until Ctrl-C (``rulemint dev``)."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from rulemint_cli.connection.credentials import read_admin_file
from rulemint_cli.connection.management_api import open_admin
from rulemint_cli.local import embedded_valkey
from rulemint_cli.local.child_processes import STOP_WITHIN_S, Child, stop_all
from rulemint_cli.local.data_dir import DataDir, open_data_dir
from rulemint_cli.local.https_certificate import local_certificate
from rulemint_cli.local.merged_log import Console
from rulemint_cli.local.settings import DevSettings
from rulemint_cli.local.welcome import Ready
from rulemint_cli.system import demo
from rulemint_cli.system.readiness import wait_until
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.process.settings import environment_for_child

HOST = "127.0.0.1"
READY_TIMEOUT_S = 30.0
STOP_VALKEY_WITHIN_S = 0.7
RENEWAL_INTERVAL_S = 86_400.0


async def run_dev(settings: DevSettings, console: Console, welcome: Callable[[Ready], None]) -> None:
    """Run the system until SIGINT or SIGTERM, and call *welcome* when it is ready.

    Raises:
        CommandError: it cannot be started; the text says why.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with open_data_dir(settings.data_dir) as data_dir:
        _check_port(settings.port, "RULEMINT_PORT", "to a free port")
        if settings.tls_port:
            _check_port(settings.tls_port, "RULEMINT_TLS_PORT", "to a free port, or to 0 for no https")
        async with _started(settings, data_dir, console) as children:
            await _first_of(stop, _get_ready(settings, data_dir, children, welcome))
            await stop.wait()
            console.line("rulemint", "stopping")
    console.line("rulemint", "stopped")


@asynccontextmanager
async def _started(settings: DevSettings, data_dir: DataDir, console: Console) -> AsyncIterator[list[Child]]:
    """Start Valkey, then gateway and runner. Stop them in the opposite order."""
    async with AsyncExitStack() as stack:
        redis_url, password_file = settings.redis_url, settings.redis_password_file
        if redis_url is None:
            command = embedded_valkey.write_configuration(data_dir)
            valkey = Child("valkey", command, environment_for_child({}), console, unsaid=embedded_valkey.UNSAID)
            _keep(stack, [valkey], STOP_VALKEY_WITHIN_S)
            await _answering(valkey, data_dir)
            redis_url = f"unix://{embedded_valkey.socket_path(data_dir)}"
            password_file = data_dir.valkey_password
        for_both = {
            "redis_url": redis_url,
            "redis_password_file": _absolute(password_file),
            "sentinel_password_file": _absolute(settings.sentinel_password_file),
            "log_format": "console",
        }
        for_gateway = {
            "master_key_file": str(data_dir.master_key),
            "runner_key_file": None,
            "admin_file": str(data_dir.admin_file),
            "ready_file": str(data_dir.demo_marker),  # so that the first request after /readyz finds the demo
            "bootstrap": "1",  # so that a folder with an emptied Valkey starts over
            "host": HOST,
            "port": str(settings.port),
            **_https(stack, settings, data_dir, console),
        }
        for_runner = {"runner_key_file": str(data_dir.runner_key), "master_key_file": None, "admin_file": None}
        children = [
            Child(name, [sys.executable, "-m", module], environment_for_child({**for_both, **for_one}), console)
            for name, module, for_one in (
                ("gateway", "rulemint_gateway", for_gateway),
                ("runner", "rulemint_runner", for_runner),
            )
        ]
        _keep(stack, children, STOP_WITHIN_S - STOP_VALKEY_WITHIN_S)
        yield children


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def _https(stack: AsyncExitStack, settings: DevSettings, data_dir: DataDir, console: Console) -> dict[str, str | None]:
    """Return the gateway's settings for https: with our own certificate, unless the user has one."""
    if not settings.tls_port:
        return {"tls_port": None, "tls_cert": None, "tls_key": None}
    port = {"tls_port": str(settings.tls_port)}
    if settings.tls_cert is not None:
        return {**port}
    files = local_certificate(data_dir.tls_dir)
    stack.callback(asyncio.create_task(_keep_renewed(data_dir, console)).cancel)
    return {**port, "tls_cert": str(files.certificate), "tls_key": str(files.key)}


async def _keep_renewed(data_dir: DataDir, console: Console) -> None:
    """Renew the certificate before it ends. The gateway notices the new file by itself."""
    while True:
        await asyncio.sleep(RENEWAL_INTERVAL_S)
        try:
            local_certificate(data_dir.tls_dir)
        except CommandError as error:
            console.line("rulemint", str(error))


def _keep(stack: AsyncExitStack, children: list[Child], stop_within_s: float) -> None:
    tasks = {child: asyncio.create_task(child.keep_running()) for child in children}

    async def stop() -> None:
        await stop_all(tasks, within_s=stop_within_s)

    stack.push_async_callback(stop)


async def _answering(valkey: Child, data_dir: DataDir) -> None:
    try:
        await embedded_valkey.wait_until_it_answers(data_dir)
    except CommandError as error:
        raise CommandError(f"{error}\n" + "\n".join(valkey.last_lines)) from error


async def _first_of(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do *work*, but give it up when *stop* is set."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        await working
    else:
        working.cancel()


async def _get_ready(
    settings: DevSettings, data_dir: DataDir, children: list[Child], welcome: Callable[[Ready], None]
) -> None:
    url = f"http://{HOST}:{settings.port}/"
    still = partial(_check_none_failed, children)
    await wait_until(url, lambda found: found.can_get_first_records, within_s=READY_TIMEOUT_S, still=still)
    admin_file = read_admin_file(data_dir.admin_file)
    if not data_dir.demo_marker.exists():
        async with open_admin(msgspec.structs.replace(admin_file.profile, url=url)) as admin:
            await demo.make_demo(admin)
        data_dir.demo_marker.touch()
    await wait_until(url, lambda found: found.is_ready, within_s=READY_TIMEOUT_S, still=still)
    own_certificate = settings.tls_port and settings.tls_cert is None
    welcome(
        Ready(
            url=admin_file.issuer,
            domain=urlsplit(admin_file.issuer).netloc,
            tls_domain=admin_file.tls_domain,
            tls_authority=str((data_dir.tls_dir / "ca.pem").absolute()) if own_certificate else None,
            admin_file=str(data_dir.admin_file.absolute()),
            logs_url=f"{admin_file.issuer}logs",
        )
    )


def _check_none_failed(children: list[Child]) -> None:
    """Check that each child may still become ready.

    Raises:
        CommandError: one cannot start; the text says why.
    """
    for child in children:
        if child.failed_to_start:
            raise CommandError(f"{child.name} cannot start: {child.failed_to_start}")


def _check_port(port: int, setting: str, remedy: str) -> None:
    """Check that *port* is free before anything is started.

    Raises:
        CommandError: the port is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"port {port} cannot be used: {error.strerror}; set {setting} {remedy}, or stop its other user"
            ) from error
