"""One installation, from the start of the installer to what it has unpacked."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn, assert_never

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
from rulemint_runner.packages.installing.npm_shelf import NpmShelf
from rulemint_runner.packages.installing.public_registries import public_index, public_npm_registry
from rulemint_runner.packages.installing.pypi_shelf import PypiShelf
from rulemint_runner.packages.installing.refusal import InstallError, RegistryDownError
from rulemint_runner.packages.installing.room import Room
from rulemint_runner.packages.installing.showable import shown
from rulemint_runner.packages.installing.upstream import NoAnswerError, open_upstream
from rulemint_runner.packages.messages import InstallTask, PackageSet
from rulemint_shared.contract.dependencies import Registry

LOOK_EVERY_S = 0.02
"""The time between two measurements of the folder while something is unpacked into it."""


class _Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an installer."""

    code: int
    output: str
    missing: list[NoAnswerError]
    compiled: dict[str, list[str]] = {}
    """The projects of a Python index that the installer asked for and that have compiled parts, and who needs them."""


class Installation:
    """One task, in a folder of its own."""

    def __init__(self, task: InstallTask, folder: Path, *, give_up: Callable[[InstallError], NoReturn]) -> None:
        """*give_up* ends this process, and so the installer, at once: it takes more room than it has."""
        self._task = task
        self._folder = folder
        self._give_up = give_up
        self._is_npm = _is_npm(task.request.registry)
        self._registry, self._origins = _registry_of(task, folder)
        self._room = Room(folder, task.terms)
        self._path = f"/{secrets.token_hex(8)}/"

    def run(self, runner_pid: int) -> tuple[PackageSet, dict[str, str]]:
        """Returns the package set, and the version of everything that was wanted. Contains this process for good.

        Raises:
            InstallError: these packages cannot be installed.
            RegistryDownError: the registry does not answer, or has no time.
        """
        tools = npm if self._is_npm else pypi
        tls = client_context(self._task.terms.ca_file)
        load_what_loads_itself_late()
        give_away(self._folder)
        command = partial(tools.command, self._task, self._folder)
        installer = start_installer(self._folder, self._task.terms, self._path, command)
        contain_keeper(self._folder, self._registry, self._task.terms, parent_pid=runner_pid)
        self._check(asyncio.run(self._until_ended(installer, tls)))
        self._room.measure()
        return npm.collected(self._task, self._folder) if self._is_npm else pypi.collected(self._task, self._folder)

    async def _until_ended(self, installer: Installer, tls: ssl.SSLContext) -> _Ended:
        """Serve *installer* until it has ended.

        Raises:
            InstallError: something was refused; the installer ends when this process does.
        """
        base = installer.url(self._path)
        private = self._task.terms.allow_private
        async with open_upstream(self._registry, origins=self._origins, allow_private=private, tls=tls) as upstream:
            shelf = (NpmShelf if self._is_npm else PypiShelf)(upstream, self._room, base)
            gate = Gate(shelf, self._path)
            async with serve_gate(gate, installer.listener):
                ending = asyncio.create_task(installer.ended())
                others = [asyncio.create_task(work) for work in (self._watch(), gate.refused())]
                done, _ = await asyncio.wait([ending, *others], return_when=asyncio.FIRST_COMPLETED)
                for refused in done - {ending}:
                    refused.result()
                for other in others:
                    other.cancel()
                code, output = await ending
            public = str(self._registry.with_user(None))
            stands_for = {"npm/": public, "simple/": public, **shelf.files.named()}
            compiled = shelf.compiled if isinstance(shelf, PypiShelf) else {}
            return _Ended(
                code=code,
                output=shown(output, gate=base, stands_for=stands_for),
                missing=gate.missing,
                compiled=compiled,
            )

    async def _watch(self) -> NoReturn:
        """Measure the folder until it has too much."""
        while True:
            try:
                await asyncio.to_thread(self._room.measure)
            except InstallError as error:
                self._give_up(error)
            await asyncio.sleep(LOOK_EVERY_S)

    def _check(self, ended: _Ended) -> None:
        """Return if everything was installed."""
        if ended.code == 0:
            return
        why = (
            npm.failed(self._task, ended.output, ended.missing)
            if self._is_npm
            else pypi.failed(ended.output, ended.compiled)
        )
        if down := next((each for each in ended.missing if each.is_down), None):
            raise RegistryDownError(str(why) if self._is_npm else str(down))
        raise why


def _registry_of(task: InstallTask, folder: Path) -> tuple[URL, tuple[URL, ...]]:
    """The registry of *task*, named or public, and where else it keeps files."""
    if _is_npm(task.request.registry):
        return URL(task.npm_registry) if task.npm_registry else public_npm_registry(task.deno, folder), ()
    return (URL(task.pypi_index), ()) if task.pypi_index else public_index()


def _is_npm(registry: Registry) -> bool:
    """Tell whether Deno installs from *registry*; otherwise pip does."""
    match registry:
        case Registry.NPM:
            return True
        case Registry.PYPI:
            return False
        case _:
            assert_never(registry)
