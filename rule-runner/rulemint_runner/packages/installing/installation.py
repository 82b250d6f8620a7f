"""One installation, from the start of the installer to what it has unpacked."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from functools import partial
from pathlib import Path

import msgspec
from yarl import URL

from rulemint_runner.egress.broker.tls import client_context
from rulemint_runner.packages.installing import npm, pypi
from rulemint_runner.packages.installing.containment import (
    contain_keeper,
    give_away,
    load_what_loads_itself_late,
)
from rulemint_runner.packages.installing.gate import Gate, serve_gate
from rulemint_runner.packages.installing.installer import Installer, start_installer
from rulemint_runner.packages.installing.npm_shelf import PUBLIC_REGISTRY, NpmShelf
from rulemint_runner.packages.installing.pypi_shelf import PUBLIC_FILES, PUBLIC_INDEX, PypiShelf
from rulemint_runner.packages.installing.refusal import RegistryDownError
from rulemint_runner.packages.installing.room import Room
from rulemint_runner.packages.installing.showable import shown
from rulemint_runner.packages.installing.upstream import NoAnswerError, open_upstream
from rulemint_runner.packages.messages import InstallTask, PackageSet
from rulemint_shared.dependencies import Registry

LOOK_EVERY_S = 0.02
"""How often the folder is measured while something is unpacked into it."""


class _Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How an installer ended."""

    code: int
    output: str
    missing: list[NoAnswerError]


def install(task: InstallTask, folder: Path, runner_pid: int) -> tuple[PackageSet, dict[str, str]]:
    """Install into *folder*; returns the package set, and the version of everything that was wanted.

    Raises:
        InstallError: these packages cannot be installed.
        RegistryDownError: the registry does not answer, or has no time.
    """
    is_npm = task.request.registry is Registry.NPM
    named = task.npm_registry if is_npm else task.pypi_index
    registry = URL(named or (PUBLIC_REGISTRY if is_npm else PUBLIC_INDEX))
    tls = client_context(task.terms.ca_file)
    load_what_loads_itself_late()
    give_away(folder)
    path = f"/{secrets.token_hex(8)}/"
    command = partial((npm if is_npm else pypi).command, task, folder)
    installer = start_installer(folder, task.terms, path, command)
    contain_keeper(folder, registry, task.terms, parent_pid=runner_pid)
    room = Room(folder, task.terms)
    ended = asyncio.run(_until_ended(task, installer, room, registry, tls, path))
    room.measure()
    _check(task, ended)
    return npm.collected(task, folder) if is_npm else pypi.collected(task, folder)


async def _until_ended(
    task: InstallTask, installer: Installer, room: Room, registry: URL, tls: ssl.SSLContext, path: str
) -> _Ended:
    """Serve the installer until it has ended.

    Raises:
        InstallError: something was refused; the installer ends when this process does.
    """
    is_npm = task.request.registry is Registry.NPM
    origins = () if is_npm or task.pypi_index else (PUBLIC_FILES,)
    base = installer.url(path)
    async with open_upstream(registry, origins=origins, allow_private=task.terms.allow_private, tls=tls) as upstream:
        shelf = (NpmShelf if is_npm else PypiShelf)(upstream, room, base)
        gate = Gate(shelf, path)
        async with serve_gate(gate, installer.listener):
            ending = asyncio.create_task(installer.ended())
            refusing = [asyncio.create_task(work) for work in (_watch(room), gate.refused())]
            done, _ = await asyncio.wait([ending, *refusing], return_when=asyncio.FIRST_COMPLETED)
            for task_done in done - {ending}:
                task_done.result()
            for task_left in refusing:
                task_left.cancel()
            code, output = await ending
        public = str(registry.with_user(None))
        stands_for = {"npm/": public, "simple/": public, **shelf.files.named()}
        return _Ended(code=code, output=shown(output, gate=base, stands_for=stands_for), missing=gate.missing)


async def _watch(room: Room) -> None:
    """Measure *room* as long as there is some."""
    while True:
        await asyncio.to_thread(room.measure)
        await asyncio.sleep(LOOK_EVERY_S)


def _check(task: InstallTask, ended: _Ended) -> None:
    """Return if everything was installed."""
    if ended.code == 0:
        return
    missing = ended.missing
    is_npm = task.request.registry is Registry.NPM
    why = npm.failed(task, ended.output, missing) if is_npm else pypi.failed(ended.output)
    if down := next((each for each in missing if each.is_down), None):
        raise RegistryDownError(str(why) if is_npm else str(down))
    raise why
