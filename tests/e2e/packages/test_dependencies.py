"""A rule's dependencies over HTTP, from a registry on this machine: made, shown, kept, refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import Management, open_management
from fixtures.registry import Registry
from fixtures.system import System

pytestmark = pytest.mark.timeout(120)

GREETS = """
const { greet, version } = require('greeting');
module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://x/said': greet(version) });
"""
PYTHON_GREETS = """
from greeting import greet
def rule(client, scope, audience, context):
    return {"said": greet("you")}
"""


@pytest.fixture
async def management(package_system: System) -> AsyncIterator[Management]:
    async with open_management(package_system.url, package_system.admin) as opened:
        yield opened


async def claims(management: Management) -> dict[str, Any]:
    import base64
    import json

    client = await management.a_client()
    answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    payload = answer.body["access_token"].split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


async def test_a_rule_uses_its_npm_dependencies(management: Management) -> None:
    async with management.rule(GREETS, dependencies={"greeting": "^1.0.0"}) as rule:
        assert rule["dependencies"] == {"greeting": "^1.0.0"}
        assert rule["resolved_dependencies"] == {"greeting": "1.1.0"}
        assert (await claims(management))["https://x/said"] == "HELLO 1.1.0!"
        read = (await management.call("GET", f"/api/v2/rules/{rule['id']}")).body
        assert read["resolved_dependencies"] == {"greeting": "1.1.0"}


async def test_a_version_in_the_text_is_a_dependency(management: Management) -> None:
    async with management.rule(GREETS.replace("'greeting'", "'greeting@1.0.0'")) as rule:
        assert rule["dependencies"] == {}
        assert rule["resolved_dependencies"]["greeting@1.0.0"] == "1.0.0"
        assert (await claims(management))["https://x/said"] == "HELLO 1.0.0!"


async def test_a_python_rule_uses_its_dependencies(management: Management) -> None:
    async with management.rule(PYTHON_GREETS, language="python", dependencies={"greeting": "1.2.0"}) as rule:
        assert rule["resolved_dependencies"] == {"greeting": "1.2.0"}
        assert (await claims(management))["said"] == "HELLO YOU!"


async def test_other_dependencies_are_a_new_version_and_the_same_are_none(
    management: Management, its_registry: Registry
) -> None:
    async with management.rule(GREETS, dependencies={"greeting": "1.0.0"}) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        asked = its_registry.asked.total()
        unchanged = (await management.call("PATCH", path, {"dependencies": {"greeting": "1.0.0"}, "order": 7})).body
        assert (unchanged["version"], its_registry.asked.total()) == (1, asked)
        patched = (await management.call("PATCH", path, {"dependencies": {"greeting": "1.1.0"}})).body
        assert (patched["version"], patched["resolved_dependencies"]) == (2, {"greeting": "1.1.0"})
        assert (await claims(management))["https://x/said"] == "HELLO 1.1.0!"


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        pytest.param(
            {"nobody-made-this": "1.0.0"}, "packages_not_installed",
            "npm error 404  'nobody-made-this@1.0.0' is not in this registry.", id="no such package",
        ),
        pytest.param(
            {"greeting": "9.9.9"}, "packages_not_installed",
            "npm error notarget No matching version found for greeting@9.9.9.", id="no such version",
        ),
        pytest.param({"greeting": "file:/etc"}, "invalid_body", "file:/etc", id="another place"),
        pytest.param({"../x": "1"}, "invalid_body", "../x", id="no name"),
    ],
)  # fmt: skip
async def test_a_failed_installation_fails_the_call_in_npm_s_words(
    management: Management, dependencies: dict[str, str], code: str, said: str
) -> None:
    answer = await management.call("POST", "/api/v2/rules", {"name": "r", "script": "x", "dependencies": dependencies})
    assert (answer.status, answer.body["errorCode"], answer.body["field"]) == (400, code, "dependencies")
    assert said in answer.body["message"]
    rules = (await management.call("GET", "/api/v2/rules")).body
    assert rules == []


@pytest.mark.parametrize("language", ["javascript", "python"])
async def test_a_registry_that_is_down_is_a_503_that_says_to_come_again(
    management: Management, its_registry: Registry, language: str
) -> None:
    body = {"name": "r", "script": "x", "language": language, "dependencies": {"shout": "<3.5"}}
    its_registry.failing_with = 503
    try:
        answer = await management.call("POST", "/api/v2/rules", body)
        tried = await management.call("POST", "/api/v2/rules/try", {**body, "client": {"id": "acme"}})
    finally:
        its_registry.failing_with = None
    for each in (answer, tried):
        assert (each.status, each.body["errorCode"]) == (503, "unavailable")
        assert "the registry does not answer, try again later" in each.body["message"]
        assert each.headers["retry-after"]
    assert (await management.call("GET", "/api/v2/rules")).body == []


async def test_a_rule_that_is_tried_has_its_dependencies_too(management: Management) -> None:
    body = {"script": GREETS, "client": {"id": "acme"}, "dependencies": {"greeting": "1.0.0"}}
    answer = await management.call("POST", "/api/v2/rules/try", body)
    assert answer.status == 200, answer.text
    assert answer.body["claims"] == {"https://x/said": "HELLO 1.0.0!"}
    assert answer.body["resolved_dependencies"] == {"greeting": "1.0.0"}
    refused = await management.call("POST", "/api/v2/rules/try", {**body, "dependencies": {"greeting": "9.9.9"}})
    assert (refused.status, refused.body["field"]) == (400, "dependencies")


async def test_a_stored_rule_can_be_tried_with_other_dependencies(management: Management) -> None:
    async with management.rule(GREETS, dependencies={"greeting": "1.0.0"}, enabled=False) as rule:
        for other, said in (({}, "HELLO 1.0.0!"), ({"dependencies": {"greeting": "1.1.0"}}, "HELLO 1.1.0!")):
            body = {"rule_id": rule["id"], "client": {"id": "acme"}, **other}
            answer = await management.call("POST", "/api/v2/rules/try", body)
            assert answer.body["claims"] == {"https://x/said": said}, answer.text
        assert (await management.call("GET", f"/api/v2/rules/{rule['id']}")).body["version"] == 1


async def test_invocations_go_on_while_packages_are_installed(management: Management, its_registry: Registry) -> None:
    client = await management.a_client()
    async with management.rule("module.exports = (c, s, a, x, cb) => cb(null, { scope: s });"):
        its_registry.is_stuck = True
        body = {"name": "r", "script": "module.exports = () => ({});", "dependencies": {"shout": "2"}, "enabled": False}
        calls = [
            asyncio.create_task(management.call("POST", "/api/v2/rules", {**body, "name": f"r{n}"})) for n in range(2)
        ]
        for _ in range(5):
            assert (await management.ask(client.request())).status == 200
        its_registry.is_stuck = False
        its_registry.go_on.set()
        for answer in await asyncio.gather(*calls):
            assert answer.status == 201, answer.text
            await management.call("DELETE", f"/api/v2/rules/{answer.body['id']}")
