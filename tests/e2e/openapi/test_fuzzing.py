"""schemathesis asks everything that the OpenAPI document describes, well and badly, and finds nothing wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario

from fixtures.fuzzing import EVERYTHING
from fixtures.management import open_management
from fixtures.system import System
from fixtures.tenants import a_tenant

FEW, MANY = 1, 25
"""Cases of each operation and mode: usually, and with ``--fuzz-everything``."""
CHECKED = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "ignored_auth",
    "unsupported_method",
    "allow_header_conformance",
}
STATES = ["412", "422"]
"""Good data that is refused for what there is, as 404 and 409 do: no made-up ETag is that of a record, and a made-up
Idempotency-Key comes again with another body."""

Case = schemathesis.Case[Any]


@dataclass(frozen=True)
class Target:
    """Where, and as whom, the service is asked; and what for."""

    url: str
    headers: dict[str, str]
    schema: Any
    checks: list[Any]

    def operations(self) -> Iterator[Any]:
        for result in self.schema.get_all_operations():
            yield result.ok()  # a document that cannot be read ends the test here

    def ask(self, case: Case) -> None:
        case.call_and_validate(base_url=self.url, headers=self.headers, checks=self.checks, timeout=30)


@pytest.fixture(scope="module")
def target(bare_system: System) -> Target:
    """An administrator of a tenant of its own."""

    async def make() -> dict[str, str]:
        async with open_management(bare_system.url, bare_system.admin) as operator, a_tenant(operator) as tenant:
            return {"Host": str(tenant.session.headers["Host"]), "Authorization": f"Bearer {tenant.token}"}

    headers = asyncio.run(make())
    schema = schemathesis.openapi.from_url(f"{bare_system.url}/api/v2/openapi.json", headers=headers)
    schema.config.checks.positive_data_acceptance.expected_statuses += STATES
    schema.config.checks.negative_data_rejection.expected_statuses += ["414"]  # before anything of a query is read
    load_all_checks()
    checks = [check for check in CHECKS.get_all() if check.__name__ in CHECKED]
    assert len(checks) == len(CHECKED), "schemathesis calls a check otherwise"
    return Target(bare_system.url, headers, schema, checks)


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    def drop(values: dict[str, Any]) -> None:
        for name in names:
            values.pop(name, None)

    return drop


# What no schema says of good data, so that it cannot be made up: each is left out of one kind of call, or of one part.
_PACKAGES = without("dependencies")  # names that a registry would be asked for
_HOSTS = without("allow_hosts")  # names of hosts, which may be in any script: IDNA says which are any
_CHECKPOINT = without("from")  # a position that an earlier answer called `next`
GOOD_BODIES: dict[str, list[Callable[[dict[str, Any]], None]]] = {
    "post_rules_try": [_PACKAGES, _HOSTS],
    "post_rules": [_PACKAGES, _HOSTS],
    "patch_rules_id": [_PACKAGES, _HOSTS],
    "post_hooks": [_PACKAGES],
    "patch_hooks_id": [_PACKAGES],
    "post_actions_actions": [_PACKAGES],
    "patch_actions_actions_id": [_PACKAGES],
    # The name of an action that exists, and was deployed; here there is none.
    "patch_actions_triggers_trigger_bindings": [lambda body: body.update(bindings=[])],
    "patch_tenants_settings": [without("default_audience")],  # the identifier of an API that exists
    # What no schema says: a provider has a secret from its beginning, and an issuer is an address with a host.
    "put_console_providers_name": [lambda body: body.update(client_secret="s", issuer="https://sign-in.example")],
}
GOOD_QUERIES: dict[str, list[Callable[[dict[str, Any]], None]]] = {
    "get_clients": [_CHECKPOINT],
    "get_resource_servers": [_CHECKPOINT],
    "get_client_grants": [_CHECKPOINT],
    "get_rules": [_CHECKPOINT],
    "get_hooks": [_CHECKPOINT],
    "get_tenants": [_CHECKPOINT],
    "get_exchanges": [_CHECKPOINT, without("since", "until")],  # moments, as text or as ms since the epoch
    "get_logs": [_CHECKPOINT, without("page")],  # how far pages reach depends on per_page
    "get_log_stream": [without("since", "after")],  # positions too
    "get_stats_daily": [without("from", "to")],  # days that are in the calendar, and in their order
}


def askable(case: Case, *, good: bool) -> Case:
    """*case*, without what nobody could make up if it is to be *good*; a stream of it ends by itself."""
    name = case.operation.definition.raw["operationId"]
    if good and isinstance(case.body, dict):
        for mend in GOOD_BODIES.get(name, []):
            mend(case.body)
    if good and "no_check" in {each.name for each in case.operation.query}:
        case.query["no_check"] = "true"  # no schema says which code loads
    if good and isinstance(case.query, dict):
        for mend in GOOD_QUERIES.get(name, []):
            mend(case.query)
    if case.operation.path == "/logs" and (good or "follow" not in case.query):
        case.query["follow"] = "false"
    return case


def fuzz(operation: Any, mode: GenerationMode, target: Target, examples: int) -> None:
    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        target.ask(askable(case, good=mode.is_positive))

    one()


@pytest.mark.timeout(1_800)
def test_everything_answers_as_it_is_described(target: Target, pytestconfig: pytest.Config) -> None:
    examples = MANY if pytestconfig.getoption(EVERYTHING) else FEW
    found: list[str] = []
    for operation in target.operations():
        for mode in GenerationMode:
            try:
                fuzz(operation, mode, target, examples)
            except Unsatisfiable:  # nothing about it can be wrong
                continue
            except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  # all that is found is told at once
                found.append(f"{mode} {operation.label}: {error!r} {getattr(error, 'exceptions', '')}")
    assert not found, "\n\n".join(found)


@pytest.mark.timeout(300)
def test_methods_that_a_path_does_not_take_are_refused_with_those_that_it_takes(target: Target) -> None:
    found: list[str] = []
    asked = 0
    for operation in target.operations():
        config = target.schema.config.generation_for(operation=operation)
        modes = [GenerationMode.NEGATIVE]
        for case in target.schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config):
            data = case.meta.phase.data
            if isinstance(data, CoveragePhaseData) and data.scenario is CoverageScenario.UNSPECIFIED_HTTP_METHOD:
                asked += 1
                case.query = {}  # beside it an address may be too long to be looked at
                try:
                    target.ask(case)
                except (Failure, FailureGroup) as error:
                    found.append(f"{case.method} {case.path}: {error!r}")
    assert asked > len(list(target.operations()))
    assert not found, "\n\n".join(found)
