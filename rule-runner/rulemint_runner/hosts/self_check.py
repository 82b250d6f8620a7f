"""The self-check: before anything is served, a throw-away host of each language attacks its own sandbox.

A layer that is configured is not yet a layer that holds. What counts is that an attack fails.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog

from rulemint_runner.hosts import frames
from rulemint_runner.hosts.host import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.languages import SUFFIXES, Languages
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.sandbox.preflight import missing_layers
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import FailureReason
from rulemint_shared.records import MAX_RESULT_BYTES, Language

log = structlog.get_logger(__name__)

TIMEOUT_S = 10.0
_ATTACKS = Path(__file__).parents[1] / "host_programs" / "attacks"


class SandboxMissingError(Exception):
    """Hosts are not contained on this machine. The text has a line for each layer, with what would mend it."""


async def check_sandbox(sandbox: Sandbox, languages: Languages) -> None:
    """Attack a host of each language.

    Raises:
        SandboxMissingError: a layer is missing, an attack succeeded, or a host did not start.
    """
    problems = missing_layers()
    if not problems:
        for language in (Language.JAVASCRIPT, Language.PYTHON):
            problems += [f"{language}: {problem}" for problem in await attack(sandbox, languages, language)]
    if problems:
        raise SandboxMissingError("; ".join(["this machine does not contain rules", *problems]))
    log.info("every attack on the sandbox failed, as it should")


async def attack(sandbox: Sandbox, languages: Languages, language: Language) -> list[str]:
    """What an attacker in a host of *language* could do; empty if nothing."""
    script = (_ATTACKS / f"attack.{SUFFIXES[language]}").read_text()
    load = frames.Load(
        file=f"attack.{SUFFIXES[language]}", language=language, script=script, secrets={}, result_bytes=MAX_RESULT_BYTES
    )
    run = frames.Run(n=1, client={}, scope=[], audience="", context={"ip": "", "userAgent": "", "body": {}})
    try:
        host = await start_host(sandbox, languages.program(language))
        try:
            await host.load(load, Deadline.after(TIMEOUT_S), _ignore)
            answer = await host.run(run, Deadline.after(TIMEOUT_S), _ignore, _nowhere)
        finally:
            host.kill(FailureReason.INTERRUPTED, "the check is over")
            await host.ended.wait()
    except (HostEndedError, RuleNotLoadedError) as error:
        return [f"its host does not run: {error}"]
    if not isinstance(answer, frames.Returned):
        return [f"the attack did not run: {answer}"]
    succeeded = msgspec.json.decode(answer.value, type=dict[str, list[str]])
    return [f"a rule can {what}" for what in succeeded["succeeded"]]


async def _nowhere(call: frames.Call) -> frames.Reply:
    return frames.Reply(id=call.id, error="the check calls nobody")


def _ignore(_line: frames.Line) -> None:
    """An attack's lines are of no interest."""
