"""Attacks on the sandbox from within: a throw-away host of each language, each told where the other one is.

A layer that is configured is not yet a layer that holds. What counts is that an attack fails.
"""

from __future__ import annotations

import asyncio
import os
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_runner.self_check.single_run import run_once
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import MAX_RESULT_BYTES, Language
from rulemint_shared.contract.sandbox_report import Attack, AttackOutcome
from rulemint_shared.deadline import Deadline

TIMEOUT_S = 10.0
HANGS_FOR_S = 0.05
ENDS_WITHIN_S = 2.0
_PROGRAMS = Path(__file__).parents[1] / "host_programs" / "attacks"
_ANYTHING, _BECOME, _OUTLIVE = "do what it tries", "become another program", "run past its deadline"
_NO_TARGETS: dict[str, Any] = {"runner": 0, "other_host": 0}


class _Attempt(msgspec.Struct, frozen=True):
    """The report of a host about one attack."""

    name: str
    succeeded: bool
    detail: str


class _Attempts(msgspec.Struct, frozen=True):
    attempts: list[_Attempt]


async def attack(sandbox: Sandbox, languages: Languages) -> list[Attack]:
    """Run every attack in a host of each language, and return the results."""
    attackers = languages.one_of_each_program()
    started = await asyncio.gather(
        *(start_host(sandbox, languages.program(language)) for language in attackers), return_exceptions=True
    )
    hosts = {language: host for language, host in zip(attackers, started, strict=True) if isinstance(host, Host)}
    try:
        if len(hosts) < len(attackers):
            return [
                _attack(language, _ANYTHING, AttackOutcome.NOT_RUN, f"its host does not start: {error}")
                for language, error in zip(attackers, started, strict=True)
                if not isinstance(error, Host)
            ]
        found = await asyncio.gather(
            *(
                _attack_all(language, host, hosts[other], languages.program(other).policy.argv[0])
                for (language, host), other in zip(hosts.items(), [*attackers[1:], attackers[0]], strict=True)
            )
        )
        left = [(language, host) for language, host in hosts.items() if host.usable]
        return [*chain(*found), *await asyncio.gather(*(_outlive(*each) for each in left))]
    finally:
        for host in hosts.values():
            host.kill(FailureReason.INTERRUPTED, "the check is over")
        await asyncio.gather(*(host.ended.wait() for host in hosts.values()))


async def _attack_all(language: Language, host: Host, other: Host, program: str) -> list[Attack]:
    """Every attack on the runner, on the *other* host and on the machine; last, to become the other's *program*."""
    found = await _attack_from(language, host, {"runner": os.getpid(), "other_host": other.pid})
    return [*found, await _become(language, host, program)] if host.usable else found


async def _attack_from(language: Language, host: Host, targets: dict[str, Any]) -> list[Attack]:
    """Run every attack that a host survives; *targets* spare it the search."""
    file = f"attack.{language.suffix}"
    try:
        script = (_PROGRAMS / file).read_text()
        load = frames.Load(file=file, language=language, script=script, secrets={}, result_bytes=MAX_RESULT_BYTES)
        await host.load(load, Deadline.after(TIMEOUT_S), _ignore)
        return await _attempts(language, host, targets)
    except (HostEndedError, RuleNotLoadedError, msgspec.DecodeError, OSError) as error:
        return [_attack(language, _ANYTHING, AttackOutcome.NOT_RUN, str(error))]


async def _attempts(language: Language, host: Host, targets: dict[str, Any]) -> list[Attack]:
    answer = await run_once(host, _run(targets), Deadline.after(TIMEOUT_S), _ignore, _nowhere)
    if not isinstance(answer, frames.Returned):
        return [_attack(language, _ANYTHING, AttackOutcome.NOT_RUN, str(answer))]
    await host.idle()
    return [
        _attack(language, each.name, AttackOutcome.SUCCEEDED if each.succeeded else AttackOutcome.FAILED, each.detail)
        for each in msgspec.json.decode(answer.value, type=_Attempts).attempts
    ]


async def _become(language: Language, host: Host, program: str) -> Attack:
    """Execute the other language's interpreter: a program that there is for certain."""
    try:
        (attack,) = await _attempts(language, host, {**_NO_TARGETS, "become": program})
    except HostEndedError as error:
        return _attack(language, _BECOME, AttackOutcome.SUCCEEDED, str(error))
    return attack


async def _outlive(language: Language, host: Host) -> Attack:
    """Loop; the host is to be gone soon after its deadline."""
    try:
        await run_once(host, _run({**_NO_TARGETS, "hang": True}), Deadline.after(HANGS_FOR_S), _ignore, _nowhere)
    except HostEndedError as error:
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                await host.ended.wait()
        except TimeoutError:
            return _attack(language, _OUTLIVE, AttackOutcome.SUCCEEDED, "it still runs")
        return _attack(language, _OUTLIVE, AttackOutcome.FAILED, str(error))
    return _attack(language, _OUTLIVE, AttackOutcome.NOT_RUN, "it answered")


def _run(targets: dict[str, Any]) -> frames.Run:
    context = {"ip": "", "userAgent": "", "body": targets}
    return frames.Run(n=1, client={}, scope=[], audience="", context=context)


def _attack(language: Language, name: str, outcome: AttackOutcome, detail: str) -> Attack:
    return Attack(host=language, name=name, outcome=outcome, detail=detail)


async def _nowhere(call: frames.Call) -> frames.Reply:
    return frames.Reply(id=call.id, error="the check calls nobody")


def _ignore(_line: frames.Line) -> None:
    """An attack's lines are of no interest."""
