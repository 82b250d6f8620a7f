"""Install jobs: a request → a package set that every runner has, or the installer's own words."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from weakref import WeakValueDictionary

import msgspec
import structlog

from rulemint_runner.packages.install_process import InstallFailedError, run_install
from rulemint_runner.packages.messages import DEFAULT_TERMS, Collected, InstallTask, InstallTerms
from rulemint_runner.packages.package_room import NoPackageRoomError
from rulemint_runner.packages.package_store import PackageStore
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.endings import travelling
from rulemint_shared.contract.package_messages import (
    MAX_NOT_INSTALLED,
    InstallAnswer,
    Installed,
    InstallRequest,
    NotInstalled,
)
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.process.shortages import note_shortage
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

MAX_WAITING, MAX_WAITING_OF_ONE_TENANT = 64, 8
"""Beyond it a request is refused at once: installations wait in places that invocations need."""
REMEMBERED_S = 3_600
"""For how long the same request has the same answer: ranges are resolved anew after it."""

_LAYOUT = b"4"
"""Of package sets: raise it when one says more than before, so that what is installed anew says it too."""


class PackageInstaller:
    """Installs packages for this runner's gateways."""

    def __init__(
        self,
        redis: RedisClient,
        store: PackageStore,
        *,
        deno: str,
        npm_registry: str | None,
        pypi_index: str | None,
        at_once: int = 4,
        terms: InstallTerms = DEFAULT_TERMS,
    ) -> None:
        self._redis = redis
        self._store = store
        self._deno = deno
        self._npm_registry = npm_registry
        self._pypi_index = pypi_index
        self._turns = Turns(at_once, waiting=MAX_WAITING, waiting_of_one=MAX_WAITING_OF_ONE_TENANT)
        self._terms = terms
        self._same: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run_job(self, data: bytes, _shard: int = 0) -> bytes:
        """The encoded answer to an encoded `InstallRequest`; one that cannot be read is answered too."""
        try:
            request = codecs.install_request.decode(data)
        except codecs.DecodeError as error:
            log.warning("refused a malformed install request", error=str(error))
            return _encoded(NotInstalled(message="the runner could not read the request", is_ours=True))
        digest = _digest(request)
        if known := await self._known(digest):
            return _encoded(known)
        try:
            async with self._turns.taken(request.tenant):
                same = self._same.setdefault(digest, asyncio.Lock())  # who comes second finds what the first installed
                async with same:
                    return _encoded(await self._known(digest) or await self._install(request, digest))
        except NoTurnError:
            message = "too many installations of this tenant at once: try again"
            return _encoded(NotInstalled(message=message, is_ours=True))

    async def _known(self, digest: str) -> Installed | None:
        """Return the answer that the same request has had lately, if it is still there."""
        known = _remembered(await self._redis.get(redis_keys.installed(digest)))
        return known if known is not None and await self._store.has(known.packages) else None

    async def _install(self, request: InstallRequest, digest: str) -> InstallAnswer:
        task = InstallTask(
            request=request,
            deno=self._deno,
            npm_registry=self._npm_registry,
            pypi_index=self._pypi_index,
            terms=self._terms,
        )
        began_s = asyncio.get_running_loop().time()
        try:
            answer = await run_install(task)
        except InstallFailedError as error:
            log.warning("could not install packages", error=str(error))
            return NotInstalled(message=str(error), is_ours=True)
        except (OSError, RuntimeError) as error:  # no folder, no process, or no thread
            log.warning("could not install packages", error=str(error))
            shortage = note_shortage(error, starting=True)
            return NotInstalled(message="" if shortage is None else f"the runner: {shortage.event}", is_ours=True)
        took_ms = round((asyncio.get_running_loop().time() - began_s) * 1000)
        if not isinstance(answer, Collected):
            log.info("packages were not installed", why=answer.message[:200], took_ms=took_ms)
            return NotInstalled(message=answer.message, is_ours=answer.is_ours)
        try:
            name = await self._store.put(answer.content, request.tenant)
        except NoPackageRoomError as error:
            log.warning("there is no room for packages", tenant=request.tenant, why=str(error))
            return NotInstalled(message=str(error), is_ours=True)
        installed = Installed(packages=name, resolved=answer.resolved)
        await self._redis.set(redis_keys.installed(digest), codecs.installed.encode(installed), ex=REMEMBERED_S)
        log.info("installed packages", packages=installed.resolved, bytes=len(answer.content), took_ms=took_ms)
        return installed


def _digest(request: InstallRequest) -> str:
    """Distinguish a request, for all tenants; packages for Python hold code of one version of it."""
    asked = codecs.install_request.encode(msgspec.structs.replace(request, tenant=""))
    return hashlib.sha256(asked + sys.implementation.cache_tag.encode() + _LAYOUT).hexdigest()


def _remembered(data: bytes | None) -> Installed | None:
    """Return the answer that the same request had lately; None if there is none, or if it cannot be read."""
    try:
        return None if data is None else codecs.installed.decode(data)
    except codecs.DecodeError as error:
        log.warning("forgot a malformed answer to an install request", error=str(error))
        return None


def _encoded(answer: InstallAnswer) -> bytes:
    if isinstance(answer, NotInstalled):
        answer = NotInstalled(message=travelling(answer.message, MAX_NOT_INSTALLED), is_ours=answer.is_ours)
    try:
        return codecs.install_answer.encode(answer)
    except codecs.EncodeError as error:
        log.warning("the answer to an install request cannot travel", error=str(error))
        return codecs.install_answer.encode(NotInstalled(message="what was installed has names that cannot travel"))
