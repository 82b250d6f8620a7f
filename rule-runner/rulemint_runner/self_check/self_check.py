"""The self-check: before anything is served, and again and again, hosts attack their own sandbox.

What does not hold takes the runner out of service, unless its operator insists; then it says so, loudly.
"""

from __future__ import annotations

import asyncio

import structlog

from rulemint_runner.hosts.languages import Languages
from rulemint_runner.sandbox.preflight import layers_of
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnError
from rulemint_runner.self_check.attacks import attack
from rulemint_shared.contract.sandbox_report import AttackOutcome, SandboxReport

log = structlog.get_logger(__name__)

TRIES = 2
"""A host may fail to start on a machine that is busy; one that attacks with success does so once."""


class SandboxMissingError(Exception):
    """Hosts are not contained on this machine. The text has a line for each layer, with what would mend it."""


class SelfCheck:
    """Checks one sandbox; *insecure*: what does not hold is said, and ends nothing."""

    def __init__(
        self, sandbox: Sandbox, languages: Languages, *, insecure: bool = False, landlock_abi: int | None = None
    ) -> None:
        self._sandbox = sandbox
        self._languages = languages
        self._insecure = insecure
        self._landlock_abi = landlock_abi
        self.holds = False
        """Every required layer was there and every attack failed, the last time."""

    async def check(self) -> None:
        """Attack a host of each language.

        Raises:
            SandboxMissingError: a layer is missing, an attack succeeded, or a host did not start.
        """
        problems = (await self._inspect()).problems
        self.holds = not problems
        if self.holds:
            log.info("every attack on the sandbox failed, as it should")
        elif self._insecure:
            log.critical("INSECURE: RULES ARE NOT CONTAINED, and RULEMINT_INSECURE_SANDBOX is set", problems=problems)
        else:
            raise SandboxMissingError("\n".join(["this machine does not contain rules", *problems]))

    async def repeat(self, *, every_s: float) -> None:
        """Check again and again, until cancelled.

        Raises:
            SandboxMissingError: see `check`.
        """
        while True:
            await asyncio.sleep(every_s)
            await self.check()

    async def _inspect(self) -> SandboxReport:
        report = await inspect(self._sandbox, self._languages, self._landlock_abi)
        for _ in range(TRIES - 1):
            if any(each.outcome is AttackOutcome.NOT_RUN for each in report.attacks):
                report = await inspect(self._sandbox, self._languages, self._landlock_abi)
        return report


async def inspect(sandbox: Sandbox, languages: Languages, landlock_abi: int | None = None) -> SandboxReport:
    """Return the layers that there are, and the results of attacks on them.

    *landlock_abi* is the one that the sandbox's spawner was told to use, if any.

    Raises:
        SandboxMissingError: the spawner has gone.
    """
    try:
        layers = layers_of(await sandbox.set_apart(), landlock_abi)
    except SpawnError as error:
        raise SandboxMissingError(str(error)) from error
    return SandboxReport(layers=tuple(layers), attacks=tuple(await attack(sandbox, languages)))
