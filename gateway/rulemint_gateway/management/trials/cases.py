"""Run the cases of a rule version, each as a trial, and compare what is expected with what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.errors import ForbiddenError, InvalidBodyError, NotFoundError, RedCase
from rulemint_gateway.management.rules.checks import CaseResults
from rulemint_gateway.management.rules.power import power_of
from rulemint_gateway.management.trials.answers import TryAnswer
from rulemint_gateway.management.trials.bodies import TryRule, check_body
from rulemint_gateway.management.trials.requests import TriedRequest
from rulemint_gateway.management.trials.trials import Trials
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_shared.cases.differences import GRANTED, differences
from rulemint_shared.cases.format import TEST_AUDIENCE, Case, TestClient
from rulemint_shared.cases.trials import request_fields, seen_in
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Power, RuleVersion
from rulemint_shared.wrong_values import WrongValue, in_words

CASES_AT_ONCE = 2
"""Of one version. Others of the tenant want to try their rules too."""
CASES_WITHIN_S = 30.0
"""So long the cases of a version may take in all."""
MAX_DIFFERENCES = 10
"""Of one case, as an answer has them."""
NOT_THE_RULE_S_FAULT = {
    FailureReason.NO_RUNNER: "no runner is there",
    FailureReason.OVERLOADED: "no runner came round to them",
    FailureReason.INTERRUPTED: "a runner went away",
    FailureReason.LATE: "no runner came round to them",
}


@dataclass(frozen=True)
class _RunCase:
    """A case that was run."""

    red: RedCase | None = None
    """None: it holds."""
    power: Power = Power()
    """The things that the rule used, with hosts as calls have them."""


class NotRunError(Exception):
    """A case could not be run. The text says why."""


class TriedCases:
    """Runs cases through the queue and the sandbox."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    async def run(self, tenant: str, name: str, text: RuleVersion, cases: Sequence[Case]) -> CaseResults:
        """The results of *cases*, of the rule *name* with *text*, after `CASES_WITHIN_S` at the latest.

        Raises:
            ForbiddenError: a case shows a client of the tenant, and the caller may not read clients.
            InvalidBodyError: a case has an input that no token request has.
            UnavailableError: the tenant tries too many rules.
        """
        _check_may_read(cases)
        bodies = [_trial_of(case, index, text) for index, case in enumerate(cases)]
        places = asyncio.Semaphore(CASES_AT_ONCE)

        async def run(case: Case, body: TryRule) -> _RunCase:
            async with places:
                return await self._run_case(tenant, name, text, case, body)

        try:
            async with asyncio.timeout(CASES_WITHIN_S):
                found = await _all_of([run(case, body) for case, body in zip(cases, bodies, strict=True)])
        except TimeoutError:
            return CaseResults(not_run=f"its cases did not end within {CASES_WITHIN_S:g} s")
        except NotRunError as error:
            return CaseResults(not_run=str(error))
        return CaseResults(
            red=tuple(each.red for each in found if each.red is not None),
            power=power_of([each.power for each in found], text),
        )

    async def _run_case(self, tenant: str, name: str, text: RuleVersion, case: Case, body: TryRule) -> _RunCase:
        """Run *case*, and name the differences, if it does not hold.

        Raises:
            NotRunError: that is not known.
        """
        try:
            tried, request = await self._trials.run_text(tenant, name, text, body)
        except NotFoundError:
            return _RunCase(RedCase(name=case.name, differences=[f"client: there is no client {case.client}"]))
        kind, _, reason = tried.outcome.partition(":")
        if kind == "failed" and (why := NOT_THE_RULE_S_FAULT.get(FailureReason(reason))):
            raise NotRunError(why)
        found = differences(case.expect, seen_in(tried))
        red = RedCase(name=case.name, differences=found[:MAX_DIFFERENCES]) if found else None
        return _RunCase(red, _used(tried, request))


def _check_may_read(cases: Sequence[Case]) -> None:
    """Refuse to show a caller what a client of the tenant has: what differs may tell of its metadata."""
    call = CALL.get()
    if call is None or call.is_own or "read:clients" in call.scopes:
        return
    for case in cases:
        if isinstance(case.client, str):
            raise ForbiddenError(
                f"The case {case.name} has a client of the tenant. Insufficient scope; expected any of: read:clients",
                scopes=("read:clients",),
            )


def _trial_of(case: Case, index: int, text: RuleVersion) -> TryRule:
    """The request of *case* as a trial takes it. A test client comes with an audience: it has no client grant.

    Raises:
        InvalidBodyError: it has an input that no token request has.
    """
    client = TestClient() if case.client is UNSET else case.client
    audience = {"audience": TEST_AUDIENCE} if isinstance(client, TestClient) else {}
    secrets = {} if case.secrets is UNSET else case.secrets
    given = {
        "script": text.script,
        "client": msgspec.to_builtins(client),
        **audience,
        **request_fields(case.inputs),
        "secrets": secrets,
    }
    try:
        body = msgspec.convert(given, TryRule)
    except msgspec.ValidationError as error:
        wrong = WrongValue.of(error)
        problem = f"The case {case.name}: {wrong.field}: {in_words(wrong, kind=TryRule, value=given)}"
        raise InvalidBodyError(problem, field=f"cases[{index}]") from None
    check_body(body)
    return body


def _used(tried: TryAnswer, request: TriedRequest) -> Power:
    granted = tried.outcome == GRANTED
    return Power(
        claims=tuple(tried.claims),
        scopes=tuple(scope for scope in tried.scope if scope not in request.scope),
        hosts=tuple(call.host for call in tried.calls),
        audiences=(request.audience,) if granted else (),
    )


async def _all_of(cases: Sequence[Coroutine[None, None, _RunCase]]) -> list[_RunCase]:
    """Run *cases* to their ends. The first that fails ends the others, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(case) for case in cases]
    except ExceptionGroup as errors:  # within `except*` Python 3.11.2 wraps what is raised again
        raise errors.exceptions[0] from None
    return [task.result() for task in running]
