"""The examples of the OpenAPI document, sent as they are: what is shown works."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.management import Management
from fixtures.tenants import a_tenant


async def examples(management: Management) -> dict[str, dict[str, Any]]:
    """The bodies that the document shows for creating a record: path → body."""
    paths = (await management.call("GET", "/api/v2/openapi.json", token="")).body["paths"]
    return {
        path: methods["post"]["requestBody"]["content"]["application/json"]["example"]
        for path, methods in paths.items()
        if "requestBody" in methods.get("post", {}) and "application/json" in methods["post"]["requestBody"]["content"]
    }


@pytest.mark.parametrize("path", ["/api/v2/rules", "/api/v2/hooks", "/api/v2/actions/actions"])
async def test_the_example_of_code_is_taken_runs_and_lets_tokens_pass(management: Management, path: str) -> None:
    body = (await examples(management))[path]
    async with a_tenant(management) as tenant:
        made = await tenant.call("POST", path, body)
        assert made.status == 201, made.text
        client = await tenant.a_client()
        if path.endswith("actions"):
            deployed = await tenant.call("POST", f"{path}/{made.body['id']}/deploy")
            assert deployed.status == 200, deployed.text
            bindings = (await tenant.call("GET", "/api/v2/openapi.json", token="")).body["paths"]
            bind = bindings["/api/v2/actions/triggers/{trigger}/bindings"]["patch"]["requestBody"]["content"]
            bound = await tenant.call(
                "PATCH",
                "/api/v2/actions/triggers/credentials-exchange/bindings",
                bind["application/json"]["example"],
            )
            assert bound.status == 200, bound.text
        else:
            enabled = await tenant.call("PATCH", f"{path}/{made.body['id']}", {"enabled": True})
            assert enabled.status == 200, enabled.text
        token = await tenant.ask(client.request())
        assert token.status == 200, token.text


async def test_the_example_of_a_trial_is_granted(management: Management) -> None:
    body = (await examples(management))["/api/v2/rules/try"]
    tried = await management.call("POST", "/api/v2/rules/try", body)
    assert (tried.status, tried.body["outcome"]) == (200, "granted"), tried.text


@pytest.mark.parametrize("path", ["/api/v2/clients", "/api/v2/resource-servers"])
async def test_the_example_of_a_record_is_taken(management: Management, path: str) -> None:
    body = (await examples(management))[path]
    async with a_tenant(management) as tenant:
        made = await tenant.call("POST", path, body)
        assert made.status == 201, made.text
