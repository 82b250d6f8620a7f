"""Rules as people wrote them for Auth0, unchanged, over HTTP: each folder is one, with what its requests get.

In those of ``on_behalf_of`` the parameter is renamed: no rule here sees what is called a token.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jwt
import pytest

from fixtures.management import Answer, ApiClient, Management, read_exchange
from fixtures.partner import NAME, Partner

pytestmark = pytest.mark.timeout(180)  # some have packages, which are installed first

RULES = Path(__file__).parent / "auth0"
OUR_CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti", "azp", "client_id", "gty", "scope"}


def check_answer(answer: Answer, expected: dict[str, Any]) -> None:
    if "status" in expected:
        refused = (answer.status, answer.body["error"], answer.body["error_description"])
        assert refused == (expected["status"], expected["error"], expected["description"])
        return
    assert answer.status == 200, answer.text
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert claims.get("scope", "") == expected["scope"]
    wanted = json.loads(expected["claims_json"]) if "claims_json" in expected else expected.get("claims", {})
    assert {name: value for name, value in claims.items() if name not in OUR_CLAIMS} == wanted


async def check_logs(management: Management, answer: Answer, expected: dict[str, Any]) -> None:
    record = await read_exchange(management, answer.headers["x-request-id"])
    lines = [line["message"] for line in record["lines"]]
    for part in expected.get("logs", []):
        assert any(part in line for line in lines), lines


async def skip_without_registry(management: Management) -> None:
    body = {
        "script": "module.exports = (ctx, cb) => cb(null, { v: require('ms@2.1.3')('1s') });",
        "client": {"id": "x"},
    }
    if (await management.call("POST", "/api/v2/rules/try", body)).status != 200:
        pytest.skip("NOT TESTED: THE PUBLIC NPM REGISTRY DOES NOT ANSWER")


@pytest.mark.parametrize("folder", sorted(RULES.iterdir()), ids=lambda folder: folder.name)
async def test_a_rule_that_was_written_for_auth0_runs_unchanged(
    calling_management: Management, partner: Partner, folder: Path
) -> None:
    management = calling_management
    expected = tomllib.loads((folder / "expect.toml").read_text())
    secrets = {name: value.format(partner=partner.url) for name, value in expected.get("secrets", {}).items()}
    allow_hosts = [f"http://{NAME}:{partner.port}"] if expected.get("calls_partner") else []
    if expected.get("has_packages"):
        await skip_without_registry(management)
    fields = {"allow_hosts": allow_hosts, "dependencies": expected.get("dependencies", {})}
    client: ApiClient | None = None
    async with management.rule((folder / "rule.js").read_text(), name=folder.name, rule_secrets=secrets, **fields):
        for request in expected["request"]:
            if client is None or not request.get("same_client"):
                name = request.get("client_name", "a client")
                client = await management.a_client(metadata=request.get("metadata"), name=name)
            asks = {"scope": request["asks"]} if "asks" in request else {}
            body = client.request(**asks, **request.get("body", {}))
            answer = await management.ask(body, headers=request.get("headers", {}))
            check_answer(answer, request)
            await check_logs(management, answer, request)
