"""schemathesis asks everything that the OpenAPI document describes, well and badly, and finds nothing wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from fixtures.management import open_management
from fixtures.system import System
from fixtures.tenants import a_tenant

EXAMPLES = 3
# Not positive_data_acceptance: a body that fits may be refused for what no schema says, as two that exclude each other.
# Not negative_data_rejection: in a query everything is text, and what is no boolean there may be read as one.
CHECKED = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
}


@dataclass(frozen=True)
class Target:
    """Where, and as whom, the service is asked."""

    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def target(bare_system: System) -> Target:
    """An administrator of a tenant of its own."""

    async def make() -> Target:
        async with open_management(bare_system.url, bare_system.admin) as operator, a_tenant(operator) as tenant:
            host = tenant.session.headers["Host"]
            return Target(bare_system.url, {"Host": host, "Authorization": f"Bearer {tenant.token}"})

    return asyncio.run(make())


# What is not asked: /logs is a stream without an end; the others' bodies can name packages, which a registry would be
# asked for, or wear the machine down with a host for each of them. Tests of their own ask these.
NOT_ASKED = {"get_logs", "post_rules_try", "post_actions_actions_id_test"}


def without_packages(case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    if isinstance(case.body, dict):
        case.body.pop("dependencies", None)
    return case


def ask(operation: Any, mode: GenerationMode, target: Target, checks: list[Any]) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case[Any]) -> None:
        without_packages(case).call_and_validate(base_url=target.url, headers=target.headers, checks=checks)

    one()


@pytest.mark.timeout(120)
def test_everything_answers_as_it_is_described(target: Target) -> None:
    schema = schemathesis.openapi.from_url(f"{target.url}/api/v2/openapi.json", headers=target.headers)
    load_all_checks()
    checks = [check for check in CHECKS.get_all() if check.__name__ in CHECKED]
    found: list[str] = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a document that cannot be read ends the test here
        if operation.definition.raw["operationId"] in NOT_ASKED:
            continue
        for mode in GenerationMode:
            try:
                ask(operation, mode, target, checks)
            except Unsatisfiable:  # nothing about it can be wrong
                continue
            except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  # all that is found is told at once
                found.append(f"{mode} {operation.label}: {error!r} {getattr(error, 'exceptions', '')}")
    assert not found, "\n\n".join(found)
