"""Jobs that load a version before it is stored: each in a fresh host, which ends before the rule's function runs.

Tokens come first. So few versions load at once, tenants take turns, and the hosts have a low priority. They are no
spares, which wait for tokens.
"""

from __future__ import annotations

import asyncio

import structlog

from rulemint_runner.flow.limits import LimitPolicy
from rulemint_runner.flow.load_frames import load_frame, packages_of
from rulemint_runner.flow.rule_sources import source_of
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.pipe import ignore_line
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.sandbox.priority import Priority
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract import codecs
from rulemint_shared.contract.endings import travelling
from rulemint_shared.contract.load_messages import LOAD_WITHIN_S, DoesNotLoad, LoadAnswer, LoadRequest, Loads, NotTried
from rulemint_shared.contract.messages import MAX_DETAIL, FailureReason
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns

log = structlog.get_logger(__name__)

AT_ONCE = 2
MAX_WAITING, MAX_WAITING_OF_ONE_TENANT = 32, 8
"""Beyond it a version is not tried: those that wait have places that invocations need."""
_OURS = frozenset({FailureReason.OVERLOADED, FailureReason.INTERRUPTED})
"""The reasons for which a host ends without any fault of the rule."""


class RuleLoads:
    """Loads versions for this runner's gateways."""

    def __init__(self, sandbox: Sandbox, languages: Languages, limits: LimitPolicy, packages: PackageStore) -> None:
        self._sandbox = sandbox
        self._languages = languages
        self._limits = limits
        self._packages = packages
        self._turns = Turns(AT_ONCE, waiting=MAX_WAITING, waiting_of_one=MAX_WAITING_OF_ONE_TENANT)

    async def run_job(self, data: bytes, _shard: int = 0) -> bytes:
        """The encoded answer to an encoded `LoadRequest`; one that cannot be read is answered too."""
        try:
            request = codecs.load_request.decode(data)
        except codecs.DecodeError as error:
            log.warning("refused a malformed load request", error=str(error))
            return codecs.load_answer.encode(NotTried(why="the runner could not read the request"))
        try:
            async with self._turns.taken(request.tenant, within_s=_may_wait_s(request)):
                answer = await self._load(request)
        except NoTurnError:
            answer = NotTried(why="too many versions of this tenant are being loaded")
        log.info("a version was tried", tenant=request.tenant, how=type(answer).__name__)
        return codecs.load_answer.encode(answer)

    async def _load(self, request: LoadRequest) -> LoadAnswer:
        try:
            await self._load_in_fresh_host(request)
        except RuleNotLoadedError as error:
            return DoesNotLoad(reason=error.reason, detail=travelling(error.text, MAX_DETAIL))
        except HostEndedError as error:
            detail = travelling(error.detail, MAX_DETAIL)
            return NotTried(why=detail) if error.reason in _OURS else DoesNotLoad(reason=error.reason, detail=detail)
        return Loads()

    async def _load_in_fresh_host(self, request: LoadRequest) -> None:
        """Its function does not run, and its secrets are not there: no text may depend on them while it is loaded."""
        text = request.text
        limits = self._limits.of(text.limits)
        packages = await packages_of(text.packages, self._packages)
        load = load_frame(request.name, source_of(text, {}), limits, packages)
        program = self._languages.program(text.language, memory_mb=limits.memory_mb, package_bytes=len(bytes(packages)))
        host = await start_host(self._sandbox, program, priority=Priority.LOW)
        try:
            await host.load(load, Deadline.after(LOAD_WITHIN_S), ignore_line, is_known=False)
        finally:
            await _end(host)


def _may_wait_s(request: LoadRequest) -> float:
    """Calculate how long *request* may wait for its turn, so that it is loaded only while somebody waits for that."""
    return max(0.0, Deadline.from_unix_ms(request.deadline_ms).remaining_s() - LOAD_WITHIN_S)


async def _end(host: Host) -> None:
    host.kill(FailureReason.INTERRUPTED, "the version was loaded, and that was all")
    await asyncio.shield(host.ended.wait())
