"""Run the cases of a rule on a running system, and compare what is expected with what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_cli.cases.reading import ReadCases
from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.connection.nouns import NotThereError
from rulemint_cli.rules.given_client import client_fields
from rulemint_cli.rules.trying import Tried, try_rule
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.cases.differences import differences
from rulemint_shared.cases.format import Inputs, TestClient
from rulemint_shared.cases.trials import IN_CONTEXT, request_fields, seen_in

AT_ONCE = 2
"""Half of the trials that a tenant may run at a time, so that others can try their rules too."""
ATTEMPTS = 8
PAUSE_S = 0.25
"""The pause after the first attempt that finds the system busy. Each further one is twice as long."""
BUSY = 503


@dataclass(frozen=True, kw_only=True)
class RuleToTest:
    """A rule's file, its cases, and what the command line adds to them."""

    file: Path
    rule: Mapping[str, Any]
    """The fields of a trial that describe the rule: its script, language, name, and what it may use."""
    cases: ReadCases
    client: str | TestClient = TestClient()
    """The client of the cases that name none."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """These replace the secrets of all cases by name."""


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one case."""

    case: str
    holds: bool
    differences: list[str]
    duration_ms: float
    outcome: str
    scope: list[str]
    claims: dict[str, Any]


async def run_cases(admin: Admin, wanted: RuleToTest, done: Callable[[], None]) -> list[CaseResult]:
    """Run all cases of *wanted*, and call *done* after each. The results have the order of the cases.

    Raises:
        UsageError: the system refuses what a case says; the error names the line.
        CommandError: the system refuses otherwise, or does not answer.
    """
    requests = [await _request(admin, wanted, index) for index in range(len(wanted.cases.content.cases))]
    places = asyncio.Semaphore(AT_ONCE)

    async def run(index: int) -> CaseResult:
        async with places:
            result = await _run_case(admin, wanted, index, requests[index])
        done()
        return result

    first = await run(0)  # alone, because packages are installed now, once for all cases
    try:
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(run(index)) for index in range(1, len(requests))]
    except ExceptionGroup as errors:  # within `except*` Python 3.11.2 wraps what is raised again
        raise errors.exceptions[0] from None
    return [first, *(task.result() for task in others)]


async def _run_case(admin: Admin, wanted: RuleToTest, index: int, request: Mapping[str, Any]) -> CaseResult:
    case = wanted.cases.content.cases[index]
    try:
        tried = await _tried(admin, {**wanted.rule, **request})
    except RefusedError as error:
        raise _at_the_field(error, wanted, index) from error
    found = differences(case.expect, seen_in(tried))
    return CaseResult(
        case=case.name,
        holds=not found,
        differences=found,
        duration_ms=tried.duration_ms,
        outcome=tried.outcome,
        scope=tried.scope,
        claims=tried.claims,
    )


async def _tried(admin: Admin, body: dict[str, Any]) -> Tried:
    """Try once more while others of the tenant take all places."""
    for attempt in range(ATTEMPTS):
        try:
            return (await try_rule(admin, body))[0]
        except RefusedError as error:
            if error.status != BUSY or attempt == ATTEMPTS - 1:
                raise
        await asyncio.sleep(PAUSE_S * 2**attempt)
    raise AssertionError


async def _request(admin: Admin, wanted: RuleToTest, index: int) -> dict[str, Any]:
    """Return the fields of a trial that describe the token request of a case."""
    inputs = wanted.cases.content.cases[index].or_else(wanted.cases.content.defaults)
    client = wanted.client if inputs.client is UNSET else inputs.client
    try:
        of_client = await client_fields(admin, client)
    except NotThereError as error:
        if inputs.client is UNSET:
            raise
        raise wanted.cases.problems.at(_path_of("client", wanted, index), str(error)) from error
    secrets = {} if inputs.secrets is UNSET else inputs.secrets
    return {**of_client, **request_fields(inputs), "secrets": {**secrets, **wanted.secrets}}


def _at_the_field(error: RefusedError, wanted: RuleToTest, index: int) -> CommandError:
    """Name the line of the field that the system refuses, if the field stands in the file of cases."""
    own = {name: field for field, name in IN_CONTEXT.items()}
    field_name = error.field.removeprefix("context.")
    first, rest = field_name.partition(".")[0].partition("[")[0], field_name
    first, rest = own.get(first, first), rest[len(first) :]
    content = wanted.cases.content
    if first in Inputs.__struct_fields__ and (
        getattr(content.cases[index], first) is not UNSET or getattr(content.defaults, first) is not UNSET
    ):
        return wanted.cases.problems.at(f"{_path_of(first, wanted, index)}{rest}", str(error))
    if first in content.rule.__struct_fields__ and getattr(content.rule, first) is not UNSET:
        return wanted.cases.problems.at(f"$.rule.{first}{rest}", str(error))
    return UsageError(f"{wanted.file}: {error}") if first == "script" else error


def _path_of(name: str, wanted: RuleToTest, index: int) -> str:
    """Return the path of the input *name* of a case, which may stand in the defaults."""
    is_own = getattr(wanted.cases.content.cases[index], name) is not UNSET
    return f"$.cases[{index}].{name}" if is_own else f"$.defaults.{name}"
