"""Install jobs: a request → a package set that every runner has, or the installer's own words."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from weakref import WeakValueDictionary

import structlog
from arq.connections import ArqRedis

from rulemint_runner.packages.install_process import InstallFailedError, run_install
from rulemint_runner.packages.messages import Collected, InstallTask
from rulemint_runner.packages.package_store import PackageStore
from rulemint_shared import codecs, keys
from rulemint_shared.package_messages import InstallAnswer, Installed, InstallRequest, NotInstalled

log = structlog.get_logger(__name__)

AT_ONCE = 2
MAX_WAITING = 8
"""Beyond it a request is refused at once: installations wait in places that invocations need."""
REMEMBERED_S = 3_600
"""For how long the same request has the same answer: ranges are resolved anew after it."""


class PackageInstaller:
    """Installs packages for this runner's gateways."""

    def __init__(
        self, redis: ArqRedis, store: PackageStore, *, deno: str, npm_registry: str | None, pypi_index: str | None
    ) -> None:
        self._redis = redis
        self._store = store
        self._deno = deno
        self._npm_registry = npm_registry
        self._pypi_index = pypi_index
        self._places = asyncio.Semaphore(AT_ONCE)
        self._same: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._waiting = 0

    async def run_job(self, data: bytes) -> bytes:
        """The encoded answer to an encoded `InstallRequest`.

        Raises:
            DecodeError: *data* is none.
        """
        request = codecs.install_request.decode(data)
        if self._waiting >= MAX_WAITING:
            return _encoded(NotInstalled(message="too many installations at once: try again", is_ours=True))
        self._waiting += 1
        try:
            digest = _digest(request)
            same = self._same.setdefault(digest, asyncio.Lock())  # who comes second finds what the first has installed
            async with same, self._places:
                return _encoded(await self._install(request, keys.installed(digest)))
        finally:
            self._waiting -= 1

    async def _install(self, request: InstallRequest, remembered_as: str) -> InstallAnswer:
        known = await self._redis.get(remembered_as)
        if known is not None:
            installed = codecs.installed.decode(known)
            if await self._store.has(installed.packages):
                return installed
        task = InstallTask(
            request=request, deno=self._deno, npm_registry=self._npm_registry, pypi_index=self._pypi_index
        )
        began_s = asyncio.get_running_loop().time()
        try:
            answer = await run_install(task)
        except (InstallFailedError, OSError) as error:
            log.warning("could not install packages", error=str(error))
            return NotInstalled(message=str(error) if isinstance(error, InstallFailedError) else "", is_ours=True)
        took_ms = round((asyncio.get_running_loop().time() - began_s) * 1000)
        if not isinstance(answer, Collected):
            log.info("packages were not installed", why=answer.message[:200], took_ms=took_ms)
            return NotInstalled(message=answer.message, is_ours=answer.is_ours)
        installed = Installed(packages=await self._store.put(answer.content), resolved=answer.resolved)
        await self._redis.set(remembered_as, codecs.installed.encode(installed), ex=REMEMBERED_S)
        log.info("installed packages", packages=installed.resolved, bytes=len(answer.content), took_ms=took_ms)
        return installed


def _digest(request: InstallRequest) -> str:
    """What distinguishes a request; packages for Python hold code of one version of it."""
    return hashlib.sha256(codecs.install_request.encode(request) + sys.implementation.cache_tag.encode()).hexdigest()


def _encoded(answer: InstallAnswer) -> bytes:
    return codecs.install_answer.encode(answer)
